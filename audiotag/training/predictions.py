"""What a network says of the windows of tracks, and of the tracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Predictions:
    """probabilities (m, genres): of each window. track (m,) int: the number of its track, from 0
    on, ascending, none left out."""

    probabilities: np.ndarray
    track: np.ndarray

    def of(self, tracks: np.ndarray) -> Predictions:
        """The answers for these tracks (k,) int, ascending, which are numbered anew."""
        kept = np.isin(self.track, tracks)
        return Predictions(self.probabilities[kept], np.searchsorted(tracks, self.track[kept]))

    def mean(self) -> np.ndarray:
        """(tracks, genres): the mean over each track's windows, before calibration."""
        first = np.flatnonzero(np.diff(self.track, prepend=-1))
        count = np.diff(first, append=len(self.track))
        return np.asarray(np.add.reduceat(self.probabilities, first, axis=0) / count[:, None])
