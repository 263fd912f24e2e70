"""Batches of windows in, one prediction a track out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.model.average import TrackAverager, choose_windows
from audiotag.model.engines import Outputs


class Recording:
    """An engine whose answer is the window's own cells; keeps the sizes of its batches."""

    name = "recording"
    device = "none"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def predict(self, windows: np.ndarray) -> Outputs:
        self.batches.append(len(windows))
        cells = windows.reshape(len(windows), -1).astype(np.float32)
        return Outputs(cells[:, :2], cells[:, 2:], cells[:, 1:])


def window(*cells: int) -> np.ndarray:
    return np.array(cells, np.uint8).reshape(2, 2)


@given(st.lists(st.integers(1, 9), max_size=15), st.integers(1, 7))
def test_every_track_gets_the_mean_of_its_own_windows(lengths: list[int], batch_size: int) -> None:
    random = np.random.default_rng(0)
    tracks = [random.integers(0, 256, (length, 2, 2), np.uint8) for length in lengths]
    engine = Recording()
    averager: TrackAverager[int] = TrackAverager(engine, batch_size)
    results: dict[int, Any] = {}
    for key, windows in enumerate(tracks):
        results.update(averager.add(key, windows))
    results.update(averager.flush())
    assert list(results) == list(range(len(tracks)))
    for key, windows in enumerate(tracks):
        mean = windows.reshape(len(windows), 4).mean(axis=0)
        np.testing.assert_allclose(results[key].probabilities, mean[:2], rtol=1e-5)
        np.testing.assert_allclose(results[key].embedding, mean[2:], rtol=1e-5)
        np.testing.assert_allclose(results[key].styles, mean[1:], rtol=1e-5)
        assert results[key].windows == len(windows)
    assert engine.batches[:-1] == [batch_size] * (len(engine.batches) - 1)
    assert sum(engine.batches) == sum(lengths)


def test_a_track_is_not_held_back_once_its_windows_are_through() -> None:
    averager: TrackAverager[str] = TrackAverager(Recording(), 2)
    assert list(averager.add("a", window(1, 2, 3, 4)[None])) == []
    done = [key for key, _ in averager.add("b", np.stack([window(0, 0, 0, 0)] * 2))]
    assert done == ["a"]
    assert [key for key, _ in averager.flush()] == ["b"]


@pytest.mark.parametrize(
    ("count", "most", "chosen"),
    [(5, None, [0, 1, 2, 3, 4]), (5, 9, [0, 1, 2, 3, 4]), (9, 3, [1, 4, 7]), (10, 1, [5]), (4, 2, [1, 3])],
)
def test_a_few_windows_are_spread_over_the_track(count: int, most: int | None, chosen: list[int]) -> None:
    windows = np.arange(count)
    assert choose_windows(windows, most).tolist() == chosen
