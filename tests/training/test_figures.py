"""Figures of merit against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, top_k_accuracy_score

from audiotag.training.figures import (
    at_threshold,
    expected_calibration_error,
    figures,
    threshold_for_precision,
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


def test_the_threshold_is_the_lowest_that_is_right_often_enough() -> None:
    probabilities, labels = made()
    threshold = threshold_for_precision(probabilities, labels, 0.7)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    assert right[confidence >= threshold].mean() >= 0.7
    for lower in confidence[confidence < threshold]:
        assert right[confidence >= lower].mean() < 0.7


def test_an_unreachable_precision_gives_the_nearest() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2]])
    assert threshold_for_precision(probabilities, np.array([1, 0]), 0.99) == 0.8


def test_precision_and_share_at_a_threshold() -> None:
    probabilities, labels = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]]), np.array([0, 1, 0])
    assert at_threshold(probabilities, labels, 0.8) == (0.5, pytest.approx(2 / 3))
    assert at_threshold(probabilities, labels, 0.95) == (None, 0.0)


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
