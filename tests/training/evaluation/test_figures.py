"""Figures of merit against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, top_k_accuracy_score

from audiotag.training.evaluation.figures import (
    average_precision,
    expected_calibration_error,
    figures,
)


def made(count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    labels = random.integers(0, 5, count)
    probabilities = random.dirichlet(np.ones(5), count)
    probabilities[np.arange(count), labels] += 0.2
    return probabilities / probabilities.sum(axis=1, keepdims=True), labels


def test_they_are_scikit_learn_s() -> None:
    probabilities, labels = made()
    found = figures(probabilities, labels)
    predicted = probabilities.argmax(axis=1)
    assert found.n == 200
    assert found.top1 == pytest.approx(accuracy_score(labels, predicted))
    assert found.top3 == pytest.approx(top_k_accuracy_score(labels, probabilities, k=3))
    assert found.macro_f1 == pytest.approx(f1_score(labels, predicted, average="macro"))


def test_genres_that_do_not_occur_do_not_count() -> None:
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    assert figures(probabilities, np.array([0, 1])).macro_f1 == 1.0


def test_the_calibration_error_is_the_mean_distance_of_the_bins() -> None:
    """Ten tracks at 0.95 of which eight are right, ten at 0.40 of which five are: (0.15 + 0.10) / 2."""
    confidence = np.repeat([0.95, 0.40], 10)
    right = np.concatenate([np.arange(10) < 8, np.arange(10) < 5])
    assert expected_calibration_error(confidence, right) == pytest.approx(0.125)


def test_a_bin_counts_by_its_tracks_and_ends_at_its_upper_edge() -> None:
    """With two bins, 0.5 is in the lower one: three tracks 0.1 apart from none right, one all right."""
    confidence = np.array([0.5, 0.3, 0.1, 1.0])
    right = np.array([False, False, False, True])
    assert expected_calibration_error(confidence, right, bins=2) == pytest.approx(0.75 * 0.3)


def test_average_precision_is_the_mean_precision_at_each_hit() -> None:
    """Hits on ranks 1, 3 and 4 of five: (1/1 + 2/3 + 3/4) / 3."""
    probability = np.array([0.6, 0.9, 0.8, 0.7, 0.1])
    right = np.array([True, True, False, True, False])
    assert average_precision(probability, right) == pytest.approx((1 / 1 + 2 / 3 + 3 / 4) / 3)


def test_average_precision_counts_equals_as_one_rank() -> None:
    """Whichever of two equals comes first, both hits have one of two right, then two of three."""
    probability = np.array([0.8, 0.8, 0.3])
    for right in ([True, False, True], [False, True, True]):
        assert average_precision(probability, np.array(right)) == pytest.approx((1 / 2 + 2 / 3) / 2)


@given(
    arrays(np.float64, 12, elements=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])),
    arrays(np.bool_, 12).filter(np.any),
)
def test_average_precision_is_scikit_learn_s(probability: np.ndarray, right: np.ndarray) -> None:
    assert average_precision(probability, right) == pytest.approx(average_precision_score(right, probability))
