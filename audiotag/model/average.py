"""Windows → track: batches of one shape in, the mean over each track's windows out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from audiotag.model.engines import Engine, Outputs

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class TrackPrediction:
    """Means over `windows` windows of what the network says, see engines.Outputs: probabilities
    (genres,), before calibration; embedding (size,); styles (styles,)."""

    probabilities: np.ndarray
    embedding: np.ndarray
    styles: np.ndarray
    windows: int


@dataclass
class _Open(Generic[Key]):
    key: Key
    expected: int
    done: int = 0
    # Sums over the windows that are done: a ten-hour mix takes no more room than a song.
    sums: list[np.ndarray] = field(default_factory=list)

    def add(self, outputs: Outputs) -> None:
        self.done += len(outputs.probabilities)
        sums = [np.asarray(output.sum(axis=0, dtype=np.float64)) for output in outputs]
        self.sums = [a + b for a, b in zip(self.sums, sums, strict=True)] if self.sums else sums

    def mean(self) -> TrackPrediction:
        probabilities, embedding, styles = (np.asarray(one / self.done, np.float32) for one in self.sums)
        return TrackPrediction(probabilities, embedding, styles, self.done)


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
        outputs = self._engine.predict(np.stack(self._waiting))
        count, self._waiting = len(self._waiting), []
        row = 0
        while self._open and row < count:
            track = self._open[0]
            take = min(track.expected - track.done, count - row)
            track.add(Outputs(*(output[row : row + take] for output in outputs)))
            row += take
            if track.done < track.expected:
                break
            yield track.key, track.mean()
            self._open.pop(0)


def choose_windows(windows: np.ndarray, most: int | None) -> np.ndarray:
    """At most `most` of a track's windows (n, …), or of what there is one of for each, evenly spread; None:
    all."""
    if most is None or len(windows) <= most:
        return windows
    middle = ((np.arange(most) + 0.5) * len(windows) / most).astype(np.int64)
    return windows[middle]
