"""Calibration and thresholds are found again where they are known, and judged by other albums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.model.calibration import Platt, calibrated, log_odds
from audiotag.training.outputs.calibrate import (
    Judged,
    at_work,
    calibrate,
    cross_fit,
    fit_scaling,
    fit_thresholds,
)


def honest(count: int = 4000, genres: int = 4, seed: int = 5, doubt: float = 0.3) -> Judged:
    """One collection, an album a track: genres equally frequent, each label drawn from what is said.
    doubt: the parameter of a Dirichlet distribution."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(genres, doubt), count)
    labels = (probabilities.cumsum(axis=1) < random.random((count, 1))).sum(axis=1).clip(max=genres - 1)
    return Judged(probabilities, labels, np.zeros(count, int), np.arange(count))


def distorted(judged: Judged, slope: float, offset: float) -> Judged:
    """As a network says it that is too sure of itself, or too shy."""
    odds = (log_odds(judged.probabilities) - offset) / slope
    return replace(judged, probabilities=1 / (1 + np.exp(-odds)))


def answers(probabilities: np.ndarray, thresholds: tuple[float | None, ...]) -> np.ndarray:
    """(n,) the likeliest genre that reaches its threshold, or -1."""
    limits = np.array([2.0 if one is None else one for one in thresholds])
    reached = np.where(probabilities >= limits, probabilities, -1.0)
    return np.where(reached.max(axis=1) < 0, -1, reached.argmax(axis=1))


class TestScaling:
    @pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.5, 0.0), (2.0, 0.7), (1.0, -1.0)])
    def test_it_undoes_a_distortion(self, slope: float, offset: float) -> None:
        for found in fit_scaling(distorted(honest(doubt=0.7), slope, offset)):
            assert found.slope == pytest.approx(slope, rel=0.1)
            assert found.offset == pytest.approx(offset, abs=0.12)

    def test_calibrated_answers_are_as_often_right_as_they_say(self) -> None:
        judged = distorted(honest(), 0.4, 0.5)
        found = calibrated(judged.probabilities, fit_scaling(judged))
        for genre in range(4):
            sure = found[:, genre] > 0.6
            assert found[sure, genre].mean() == pytest.approx((judged.labels[sure] == genre).mean(), abs=0.05)

    def test_how_many_tracks_of_a_genre_there_are_makes_no_difference(self) -> None:
        """Somebody else's library holds others."""
        judged = honest()
        few = np.flatnonzero((judged.labels != 0) | (np.arange(4000) % 5 == 0))
        for one, other in zip(fit_scaling(judged), fit_scaling(judged.of(few)), strict=True):
            assert one.slope == pytest.approx(other.slope, rel=0.12)
            assert one.offset == pytest.approx(other.offset, abs=0.25)

    def test_each_collection_counts_the_same(self) -> None:
        judged = honest(900)
        sizes = np.repeat([0, 1], [600, 300])
        weights = replace(judged, collection=sizes).weights
        assert weights.sum() == pytest.approx(900)
        assert weights[:600].sum() == pytest.approx(weights[600:].sum())

    @pytest.mark.parametrize("label", [0, 1])
    def test_a_genre_that_is_always_or_never_right_stays_finite(self, label: int) -> None:
        judged = honest(50, genres=2)
        for found in fit_scaling(replace(judged, labels=np.full(50, label))):
            assert 0 < found.slope < 100
            assert abs(found.offset) < 100

    def test_evidence_that_points_the_wrong_way_stays_nearly_flat(self) -> None:
        judged = honest(400, genres=2)
        wrong = replace(judged, labels=1 - judged.probabilities.argmax(axis=1))
        assert all(0 < found.slope <= 0.05 for found in fit_scaling(wrong))


STORIES = st.integers(0, 10_000)


def right_among(written: np.ndarray, judged: Judged) -> float:
    return float((written == judged.labels)[written >= 0].mean())


def chosen(judged: Judged, aim: float) -> tuple[tuple[float | None, ...], np.ndarray]:
    """Thresholds of probabilities as they are, and what is written by them."""
    scaling = (Platt(),) * judged.probabilities.shape[1]
    found = fit_thresholds(judged, scaling, aim)
    return found, answers(judged.probabilities, found)


class TestThresholds:
    @given(STORIES, st.sampled_from([0.6, 0.75, 0.9]), st.integers(2, 5))
    @settings(max_examples=30, deadline=None)
    def test_they_are_one_level_of_what_the_network_says(self, seed: int, aim: float, genres: int) -> None:
        """Calibration moves it to another place for each genre."""
        judged = honest(120, genres, seed)
        scaling = tuple(Platt(1 + genre / 4, 0.2 * genre) for genre in range(genres))
        kept = [
            (log_odds(np.array(limit)) - one.offset) / one.slope
            for one, limit in zip(scaling, fit_thresholds(judged, scaling, aim), strict=True)
            if limit is not None
        ]
        assert not kept or float(np.ptp(np.array(kept))) < 1e-3

    def test_as_much_is_written_as_the_precision_allows(self) -> None:
        judged = honest(20_000)
        shares = []
        for aim in (0.8, 0.9, 0.95):
            _, written = chosen(judged, aim)
            assert right_among(written, judged) == pytest.approx(aim, abs=0.01)
            shares.append((written >= 0).mean())
        assert shares[0] > shares[1] > shares[2] > 0.1

    def test_each_collection_has_the_precision(self) -> None:
        """The second one is harder to tell: three labels of ten are anybody's guess."""
        judged = partly_guessed()
        _, written = chosen(judged, 0.72)
        works = at_work(written, judged)
        assert works[1]["precision"] == pytest.approx(0.72, abs=0.01)
        assert works[0]["precision"] > 0.8

    def test_a_genre_that_is_wrong_more_often_than_right_is_never_written(self) -> None:
        """What is said of the last one has nothing to do with the tracks."""
        judged = honest()
        shuffled = judged.probabilities.copy()
        shuffled[:, 3] = np.random.default_rng(7).permutation(shuffled[:, 3])
        found, _ = chosen(replace(judged, probabilities=shuffled), 0.7)
        assert found[3] is None
        assert all(one is not None for one in found[:3])

    def test_it_is_not_given_up_for_what_others_call_otherwise(self) -> None:
        """The second collection has no genre 0, and calls all that sounds like it genre 1."""
        judged = honest(3000, doubt=0.05)
        second = np.arange(3000) % 4 == 0
        labels = np.where(second & (judged.labels == 0), 1, judged.labels)
        found, _ = chosen(replace(judged, labels=labels, collection=second.astype(int)), 0.5)
        assert found[0] is not None

    def test_where_the_precision_cannot_be_had_the_nearest_is_taken(self) -> None:
        judged = partly_guessed()
        found, written = chosen(judged, 0.999)
        assert any(one is not None for one in found)
        _, more = chosen(judged, 0.7)
        assert 8 <= (written >= 0).sum() < (more >= 0).sum() / 2

    def test_a_collection_of_which_nothing_is_written_says_nothing(self) -> None:
        """The second one is noise."""
        judged = honest(900)
        second = np.arange(900) % 3 == 0
        noise = np.where(second[:, None], 0.05, judged.probabilities)
        hopeless = replace(judged, probabilities=noise, collection=second.astype(int))
        _, written = chosen(hopeless, 0.9)
        assert at_work(written, hopeless)[0]["precision"] >= 0.9
        assert at_work(written, hopeless)[0]["share"] > 0.2


def partly_guessed() -> Judged:
    judged = honest(3000)
    second = np.arange(3000) % 3 == 0
    guess = second & (np.random.default_rng(8).random(3000) < 0.3)
    labels = np.where(guess, np.random.default_rng(9).integers(0, 4, 3000), judged.labels)
    return replace(judged, labels=labels, collection=second.astype(int))


class TestCalibrate:
    def test_what_is_written_of_other_albums_is_as_often_right_as_is_wanted(self) -> None:
        judged = replace(partly_guessed(), group=np.arange(3000) // 5)
        found = calibrate(judged, 0.65)
        assert found.aim >= 0.65
        _, written = cross_fit(judged, found.aim)
        assert all(one["precision"] >= 0.65 for one in at_work(written, judged).values())
        assert (written >= 0).mean() > 0.2, "and no fewer are written than need be"

    def test_where_it_cannot_be_had_the_aim_is_as_near_as_it_gets(self) -> None:
        assert 0.99 <= calibrate(honest(300), 0.99).aim < 1


def test_no_album_judges_itself() -> None:
    """Other labels for one album leave its own judgement as it was, and change that of the rest."""
    judged = replace(distorted(honest(300), 0.5, 0.0), group=np.arange(300) // 3)
    for album in (0, 40, 99):
        own = judged.group == album
        changed = replace(judged, labels=np.where(own, (judged.labels + 1) % 4, judged.labels))
        one, other = (cross_fit(each, 0.7) for each in (judged, changed))
        for before, after in zip(one, other, strict=True):
            np.testing.assert_array_equal(before[own], after[own])
        assert (one[0] != other[0]).any()


def test_at_work_each_collection_is_told_of_by_itself() -> None:
    judged = Judged(np.zeros((5, 2)), np.array([0, 1, 1, 0, 1]), np.array([0, 0, 0, 2, 2]), np.arange(5))
    found = at_work(np.array([0, 0, -1, -1, -1]), judged)
    assert found == {
        0: {"precision": 0.5, "share": pytest.approx(2 / 3)},
        2: {"precision": None, "share": 0.0},
    }


def test_a_calibration_that_changes_nothing_is_found_where_nothing_is_wrong() -> None:
    found = calibrate(honest(2000), 0.78)
    assert all(abs(one.slope - Platt().slope) < 0.15 for one in found.scaling)
