"""The clips that a network in training is judged by, and does not learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audiotag.training.archive import MelArchive, cut, window_offsets
from audiotag.training.calibrate import album_groups

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Judge:
    """windows: a list of (n, bands, frames) uint8, to be averaged per clip. labels: (n,) int.
    groups: (n,) int, clips of one album share a number."""

    windows: list[np.ndarray]
    labels: np.ndarray
    groups: np.ndarray

    @classmethod
    def of(cls, clips: MelArchive, genres: tuple[str, ...], frames: int) -> Judge:
        """As many windows of `frames` as cover the clips. Raises ArchiveError for an unknown genre."""
        offsets = window_offsets(clips.mel.shape[2], frames)
        windows = [cut(clips.mel, offset, frames) for offset in offsets]
        return cls(windows, clips.labels(genres), album_groups(clips.track_id))

    def probabilities(self, network: keras.Model) -> np.ndarray:
        """What `network` says of each window, (windows, n, genres), untempered."""
        given = ((window[..., None].astype(np.float32) / 255) for window in self.windows)
        return np.stack([network.predict(each, batch_size=32, verbose=0)[0] for each in given])
