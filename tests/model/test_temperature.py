"""A temperature changes how sure an answer is, never which answer it is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiotag.model.temperature import scale_temperature

LOGITS = arrays(np.float64, (4, 6), elements=st.floats(-8, 8))


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


@given(LOGITS, st.floats(0.25, 4))
def test_it_is_the_softmax_of_divided_logits(logits: np.ndarray, temperature: float) -> None:
    np.testing.assert_allclose(
        scale_temperature(softmax(logits), temperature), softmax(logits / temperature), atol=1e-5
    )


def test_hotter_is_less_sure_and_one_changes_nothing() -> None:
    given = softmax(np.array([[2.0, 1.0, 0.0]]))
    np.testing.assert_allclose(scale_temperature(given, 1.0), given, atol=1e-6)
    assert scale_temperature(given, 2.0).max() < given.max() < scale_temperature(given, 0.5).max()


def test_certainty_stays_finite() -> None:
    np.testing.assert_allclose(scale_temperature(np.array([1.0, 0.0]), 2.0), [1, 0], atol=1e-5)
