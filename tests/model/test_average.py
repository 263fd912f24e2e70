"""Windows in, one prediction a track out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.model.average import TrackMean, choose_windows, predict_batches
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


@given(st.integers(1, 20), st.integers(1, 7))
def test_a_track_gets_the_mean_of_its_windows_in_batches(count: int, batch_size: int) -> None:
    windows = np.random.default_rng(0).integers(0, 256, (count, 2, 2), np.uint8)
    engine, mean = Recording(), TrackMean()
    for outputs in predict_batches(engine, windows, batch_size):
        mean.add(outputs)
    found, expected = mean.prediction(), windows.reshape(count, 4).mean(axis=0)
    np.testing.assert_allclose(found.probabilities, expected[:2], rtol=1e-5)
    np.testing.assert_allclose(found.embedding, expected[2:], rtol=1e-5)
    np.testing.assert_allclose(found.styles, expected[1:], rtol=1e-5)
    assert found.windows == count == sum(engine.batches)
    assert engine.batches[:-1] == [batch_size] * (len(engine.batches) - 1)


@pytest.mark.parametrize(
    ("count", "most", "chosen"),
    [(5, None, [0, 1, 2, 3, 4]), (5, 9, [0, 1, 2, 3, 4]), (9, 3, [1, 4, 7]), (10, 1, [5]), (4, 2, [1, 3])],
)
def test_a_few_windows_are_spread_over_the_track(count: int, most: int | None, chosen: list[int]) -> None:
    windows = np.arange(count)
    assert choose_windows(windows, most).tolist() == chosen
