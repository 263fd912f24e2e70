"""Thresholds: what reaches them is right as often as was wanted, on other tracks too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiotag.discovery.learn.thresholds import LEAST, SLACK, cross_fit, fit_thresholds
from audiotag.model.calibration import written_genres

PROBABILITIES = arrays(np.float32, (60, 3), elements=st.floats(0, 1, width=16))
LABELS = arrays(bool, (60, 3))
ARTISTS = np.arange(60) % 7


@settings(max_examples=60)
@given(PROBABILITIES, LABELS, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_all_that_reaches_a_threshold_is_right_often_enough(
    probabilities: np.ndarray, labels: np.ndarray, precision: float
) -> None:
    thresholds = fit_thresholds(probabilities, labels, ARTISTS, precision)
    written = written_genres(probabilities, thresholds)
    for genre, least in enumerate(thresholds):
        if least is None:
            continue
        assert least >= max(LEAST, precision - SLACK) - 1e-6
        reached = probabilities[:, genre] >= least
        assert labels[reached, genre].mean() >= precision - 1e-6
        mine = written == genre
        assert not mine.any() or labels[mine, genre].mean() >= precision - 1e-6


def test_a_genre_that_cannot_reach_it_is_not_written() -> None:
    random = np.random.default_rng(3)
    probabilities = random.uniform(0.5, 1, (400, 2)).astype(np.float32)
    labels = np.stack([random.random(400) < 0.5, probabilities[:, 1] > 0.8], axis=1)
    hopeless, good = fit_thresholds(probabilities, labels, np.arange(400) % 20, 0.9)
    assert hopeless is None
    assert good == pytest.approx(0.8, abs=0.1)


def test_sure_tracks_do_not_pay_for_doubtful_ones() -> None:
    """300 that are right without fail, and 150 of which every other one is: together five in six are."""
    probabilities = np.repeat(np.float32([0.98, 0.55]), [300, 150])[:, None]
    labels = np.r_[np.ones(300, bool), np.arange(150) % 2 == 0][:, None]
    (least,) = fit_thresholds(probabilities, labels, np.arange(450) % 50, 0.8)
    assert least is not None
    assert 0.55 < least <= 0.98


def test_one_artist_is_no_proof() -> None:
    probabilities = np.linspace(0.6, 1, 40, dtype=np.float32)[:, None]
    labels = np.ones((40, 1), bool)
    assert fit_thresholds(probabilities, labels, np.zeros(40, int), 0.8) == (None,)
    assert fit_thresholds(probabilities, labels, np.arange(40), 0.8) != (None,)


def test_on_other_tracks_it_holds_as_well() -> None:
    """Scores of which those above 0.7 are right by nine in ten, the others by four."""
    random = np.random.default_rng(4)
    said = random.uniform(0, 1, (3_000, 1))
    labels = random.random((3_000, 1)) < np.where(said > 0.7, 0.9, 0.4)
    folds = np.arange(3_000) % 5
    _, written = cross_fit(said, labels, np.arange(3_000) % 300, folds, 0.8)
    assert labels[written == 0, 0].mean() > 0.78
    assert (written == 0).mean() > 0.15
