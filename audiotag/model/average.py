"""Windows → track: what the network says of each window, and the mean of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from audiotag.model.engines import Engine, Outputs


@dataclass(frozen=True)
class TrackPrediction:
    """Means over `windows` windows of what the network says, see engines.Outputs: probabilities
    (genres,), before calibration; embedding (size,); styles (styles,)."""

    probabilities: np.ndarray
    embedding: np.ndarray
    styles: np.ndarray
    windows: int


class TrackMean:
    """The mean over a track's windows, which come in parts, in any order."""

    def __init__(self) -> None:
        self.windows = 0
        # Sums over the windows so far: a ten-hour mix takes no more room than a song.
        self._sums: list[np.ndarray] = []

    def add(self, outputs: Outputs) -> None:
        """What the network says of some of the windows."""
        self.windows += len(outputs.probabilities)
        sums = [np.asarray(output.sum(axis=0, dtype=np.float64)) for output in outputs]
        self._sums = [a + b for a, b in zip(self._sums, sums, strict=True)] if self._sums else sums

    def prediction(self) -> TrackPrediction:
        """The mean; there must be a window."""
        probabilities, embedding, styles = (np.asarray(one / self.windows, np.float32) for one in self._sums)
        return TrackPrediction(probabilities, embedding, styles, self.windows)


def predict_batches(engine: Engine, windows: Iterable[np.ndarray], batch_size: int) -> Iterator[Outputs]:
    """What the network says of windows (bands, frames), in their order, a batch at a time."""
    batch: list[np.ndarray] = []
    for window in windows:
        batch.append(window)
        if len(batch) == batch_size:
            yield engine.predict(np.stack(batch))
            batch = []
    if batch:
        yield engine.predict(np.stack(batch))


def choose_windows(windows: np.ndarray, most: int | None) -> np.ndarray:
    """At most `most` of a track's windows (n, …), or of what there is one of for each, evenly spread; None:
    all."""
    if most is None or len(windows) <= most:
        return windows
    middle = ((np.arange(most) + 0.5) * len(windows) / most).astype(np.int64)
    return windows[middle]
