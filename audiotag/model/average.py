"""Windows → track: batches of one shape in, the mean over each track's windows out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from audiotag.model.engines import Engine

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class TrackPrediction:
    """probabilities (genres,) and embedding (hidden,), means over `windows` windows, float32."""

    probabilities: np.ndarray
    embedding: np.ndarray
    windows: int


@dataclass
class _Open(Generic[Key]):
    key: Key
    expected: int
    done: int = 0
    # Sums over the windows that are done: a ten-hour mix takes no more room than a song.
    probabilities: np.ndarray | float = 0.0
    embedding: np.ndarray | float = 0.0

    def add(self, probabilities: np.ndarray, embeddings: np.ndarray) -> None:
        self.done += len(probabilities)
        self.probabilities = self.probabilities + probabilities.sum(axis=0, dtype=np.float64)
        self.embedding = self.embedding + embeddings.sum(axis=0, dtype=np.float64)

    def mean(self) -> TrackPrediction:
        return TrackPrediction(
            np.asarray(self.probabilities / self.done, np.float32),
            np.asarray(self.embedding / self.done, np.float32),
            self.done,
        )


class TrackAverager(Generic[Key]):
    """Fills batches with windows of one track after another and averages per track.

    At most one batch of windows waits at any time.
    """

    def __init__(self, engine: Engine, batch_size: int) -> None:
        self._engine = engine
        self._batch_size = batch_size
        self._open: list[_Open[Key]] = []
        self._waiting: list[np.ndarray] = []

    def add(self, key: Key, windows: np.ndarray) -> Iterator[tuple[Key, TrackPrediction]]:
        """Take all windows of a track, (n ≥ 1, bands, frames) uint8; yields tracks that are done."""
        self._open.append(_Open(key, len(windows)))
        for window in windows:
            self._waiting.append(window)
            if len(self._waiting) == self._batch_size:
                yield from self.flush()

    def flush(self) -> Iterator[tuple[Key, TrackPrediction]]:
        """Predict what waits, though it may not fill a batch."""
        if not self._waiting:
            return
        probabilities, embeddings = self._engine.predict(np.stack(self._waiting))
        self._waiting = []
        row = 0
        while self._open and row < len(probabilities):
            track = self._open[0]
            take = min(track.expected - track.done, len(probabilities) - row)
            track.add(probabilities[row : row + take], embeddings[row : row + take])
            row += take
            if track.done < track.expected:
                break
            yield track.key, track.mean()
            self._open.pop(0)


def choose_windows(windows: np.ndarray, most: int | None) -> np.ndarray:
    """At most `most` of a track's windows (n, bands, frames), evenly spread; None: all."""
    if most is None or len(windows) <= most:
        return windows
    middle = ((np.arange(most) + 0.5) * len(windows) / most).astype(np.int64)
    return windows[middle]
