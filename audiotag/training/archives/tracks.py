"""Labelled tracks as windows, and what a network says of them.

A track is judged as scan judges a song: by the mean over its windows, from all of its clips.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audiotag.training.archives.archive import MelArchive, cut, sounding_columns, window_offsets

if TYPE_CHECKING:
    import keras

# Windows (m, bands, frames) uint8 → what is said of each, (m, ...) float.
Predict = Callable[[np.ndarray], np.ndarray]

_PART = 1024  # windows that are held in 32 bits at a time


@dataclass(frozen=True)
class LabelledTracks:
    """windows (m, bands, frames) uint8 and track (m,) int, the number of its track, ascending.
    Of each track: labels (n,) int, track_id (n,), groups (n,) int: those of one album or artist share
    a number."""

    windows: np.ndarray
    track: np.ndarray
    labels: np.ndarray
    track_id: np.ndarray
    groups: np.ndarray

    @classmethod
    def of(cls, clips: MelArchive, genres: tuple[str, ...], frames: int) -> LabelledTracks:
        """As many windows of `frames` as cover the sound of each clip; the clips of one track id and
        genre are a track. Raises ArchiveError for a genre that is not among `genres`."""
        labels = clips.labels(genres)
        names = [f"{track} {label}" for track, label in zip(clips.track_id, labels, strict=True)]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        track = np.array([numbers[name] for name in names])
        _, first = np.unique(track, return_index=True)
        windows, owners = [], []
        for clip in np.argsort(track, kind="stable"):
            one = clips.mel[clip : clip + 1]
            for offset in window_offsets(int(sounding_columns(one)[0]), frames):
                windows.append(cut(one, offset, frames)[0])
                owners.append(track[clip])
        return cls(
            np.stack(windows), np.array(owners), labels[first], clips.track_id[first], clips.group[first]
        )

    def mean(self, predict: Predict) -> np.ndarray:
        """(n, ...) float64: the mean over each track's windows of what `predict` says of them."""
        found = predict(self.windows)
        first = np.flatnonzero(np.diff(self.track, prepend=-1))
        return np.asarray(np.add.reduceat(found, first, axis=0, dtype=np.float64) / self.counts[:, None])

    @property
    def counts(self) -> np.ndarray:
        """(n,) int: how many windows each track has."""
        return np.bincount(self.track)


def predicting(network: keras.Model) -> Predict:
    """What a network in training says of windows, by its first output."""
    return lambda windows: outputs_of(network, windows)[0]


def outputs_of(network: keras.Model, windows: np.ndarray) -> list[np.ndarray]:
    """All that a network says of windows (m, bands, frames) uint8: (m, ...) of each output."""
    parts = []
    for start in range(0, len(windows), _PART):
        part = windows[start : start + _PART, ..., None].astype(np.float32) / 255
        found = network.predict(part, batch_size=32, verbose=0)
        parts.append(found if isinstance(found, list) else [found])
    return [np.concatenate(each) for each in zip(*parts, strict=True)]
