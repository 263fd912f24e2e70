"""Temperature and threshold are found again where they are known, and judged by other albums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.model.temperature import scale_temperature
from audiotag.training.calibrate import (
    album_groups,
    calibrate,
    cross_fit,
    fit_temperature,
    group_folds,
)
from audiotag.training.predictions import Predictions


def honest(count: int = 6000, sharpened: float = 1.0) -> tuple[Predictions, np.ndarray]:
    """One window a track, four genres, the labels drawn from its probabilities; which are then
    made surer than is true by this temperature."""
    random = np.random.default_rng(5)
    probabilities = random.dirichlet(np.full(4, 0.7), count)
    labels = np.array([random.choice(4, p=p) for p in probabilities])
    return Predictions(scale_temperature(probabilities, 1 / sharpened), np.arange(count)), labels


@pytest.mark.parametrize("true", [0.5, 1.0, 2.0])
def test_the_temperature_undoes_what_made_the_answers_too_sure(true: float) -> None:
    answers, labels = honest(sharpened=true)
    assert fit_temperature(answers, labels) == pytest.approx(true, rel=0.06)


def test_calibrated_answers_are_as_often_right_as_they_say() -> None:
    answers, labels = honest(sharpened=3)
    found = calibrate(answers, labels, np.arange(len(labels)), 0.8)
    assert found.temperature == pytest.approx(3, rel=0.1)
    assert 0 < found.ece < 0.02
    assert found.precision == pytest.approx(0.8, abs=0.02)
    tracks = answers.mean(found.temperature)
    assert (tracks.max(axis=1) >= found.threshold).mean() == pytest.approx(found.share, abs=0.03)


def test_no_album_judges_itself() -> None:
    """Other labels for one album leave its own judgement as it was, and change that of the rest."""
    answers, labels = honest(300, sharpened=2)
    groups = np.arange(300) // 3
    for album in (0, 40, 99):
        changed = np.where(groups == album, (labels + 1) % 4, labels)
        one, other = (cross_fit(answers, given, groups, 0.75) for given in (labels, changed))
        own = groups == album
        for before, after in zip(one, other, strict=True):
            np.testing.assert_array_equal(before[own], after[own])
        assert (one[0] != other[0]).any()


def test_neighbouring_track_ids_are_an_album() -> None:
    groups = album_groups(np.array([100, 500, 110, 126, 515]))
    assert groups.tolist() == [0, 2, 0, 1, 2]


@given(st.lists(st.integers(0, 30), min_size=2, max_size=80), st.integers(2, 10))
def test_folds_part_the_tracks_and_never_a_group(names: list[int], folds: int) -> None:
    groups = np.array(names)
    parts = list(group_folds(groups, folds))
    if len(set(names)) == 1:
        assert len(parts) == 1
        return
    assert sorted(np.concatenate([fold for _, fold in parts]).tolist()) == list(range(len(names)))
    for others, fold in parts:
        assert len(fold)
        assert not set(groups[others]) & set(groups[fold])
