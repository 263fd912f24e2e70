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
    fair_prices,
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


def gain(written: np.ndarray, judged: Judged, price: float) -> float:
    """Right − price · wrong, each collection counting the same."""
    worth = np.where(written < 0, 0.0, np.where(written == judged.labels, 1.0, -price))
    return float((worth * judged.weights).sum())


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


class TestThresholds:
    @given(STORIES, st.sampled_from([1.0, 2.0, 4.0]), st.integers(2, 5))
    @settings(max_examples=40, deadline=None)
    def test_what_is_written_is_worth_at_least_nothing(self, seed: int, price: float, genres: int) -> None:
        """On the tracks they are chosen by; nothing at all would be worth 0."""
        judged = honest(120, genres, seed)
        judged = replace(judged, collection=np.arange(120) % 2)
        found = fit_thresholds(judged.probabilities, judged, np.full(genres, price))
        assert len(found) == genres
        assert gain(answers(judged.probabilities, found), judged, price) >= 0
        assert all(one is None or 0 <= one <= 1 for one in found)

    def test_they_are_where_a_right_genre_pays_for_a_wrong_one(self) -> None:
        """At a price of 3 that is where three of four are right."""
        judged = honest(20_000)
        for threshold in fit_thresholds(judged.probabilities, judged, np.full(4, 3.0)):
            assert threshold == pytest.approx(0.75, abs=0.07)

    def test_the_dearer_a_wrong_one_the_less_is_written(self) -> None:
        judged = honest()
        written = [
            (
                answers(judged.probabilities, fit_thresholds(judged.probabilities, judged, np.full(4, price)))
                >= 0
            ).mean()
            for price in (2.0, 3.0, 6.0)
        ]
        assert written[0] > written[1] > written[2] > 0.1

    def test_a_genre_that_cannot_be_told_is_never_written(self) -> None:
        """What is said of the last one has nothing to do with the tracks."""
        judged = honest()
        random = np.random.default_rng(7)
        shuffled = judged.probabilities.copy()
        shuffled[:, 3] = random.permutation(shuffled[:, 3])
        found = fit_thresholds(shuffled, judged, np.full(4, 2.0))
        assert found[3] is None
        assert all(one is not None for one in found[:3])

    def test_a_handful_of_tracks_proves_nothing(self) -> None:
        judged = honest(200, genres=3)
        few = np.flatnonzero((judged.labels != 2) | (np.cumsum(judged.labels == 2) <= 3))
        judged = judged.of(few)
        sure = replace(judged, probabilities=np.eye(3)[judged.labels] * 0.8 + 0.1)
        assert np.isfinite(fair_prices(sure, 2.0)).tolist() == [True, True, False]
        assert [one is None for one in calibrate(sure, 0.8).thresholds] == [False, False, True]

    def test_a_genre_yields_to_one_that_is_right_more_often(self) -> None:
        """Both name the same tracks; the likelier one is wrong on most of them."""
        labels = np.resize([0, 0, 0, 1], 400)
        judged = Judged(np.tile([0.6, 0.9], (400, 1)), labels, np.zeros(400, int), np.arange(400))
        found = fit_thresholds(judged.probabilities, judged, np.full(2, 1.5))
        assert found == (pytest.approx(0.6), None)


class TestCalibrate:
    def test_what_is_written_is_as_often_right_as_is_wanted(self) -> None:
        judged = distorted(honest(), 0.5, 0.3)
        found = calibrate(judged, 0.8)
        _, written = cross_fit(judged, found.prices)
        assert (written == judged.labels)[written >= 0].mean() >= 0.8
        assert (written >= 0).mean() > 0.2, "and no fewer are written than need be"

    def test_it_is_so_in_each_collection(self) -> None:
        """The second one is harder to tell: half of its labels are anybody's guess."""
        judged = honest(3000)
        second = np.arange(3000) % 3 == 0
        guess = second & (np.random.default_rng(8).random(3000) < 0.3)
        labels = np.where(guess, np.random.default_rng(9).integers(0, 4, 3000), judged.labels)
        judged = replace(judged, labels=labels, collection=second.astype(int))
        both = calibrate(judged, 0.72)
        _, written = cross_fit(judged, both.prices)
        assert all(one["precision"] >= 0.72 for one in at_work(written, judged).values())

    def test_of_the_prices_that_give_that_the_one_at_which_most_is_written(self) -> None:
        judged = honest(doubt=0.7)
        found = calibrate(judged, 0.67)
        written = {price: cross_fit(judged, fair_prices(judged, price))[1] for price in (1.5, 2.0, 3.0)}
        shares = {
            price: (choice >= 0).mean()
            for price, choice in written.items()
            if (choice == judged.labels)[choice >= 0].mean() >= 0.67
        }
        chosen = (cross_fit(judged, found.prices)[1] >= 0).mean()
        assert shares
        assert chosen >= max(shares.values())

    def test_a_collection_of_which_nothing_is_written_does_not_choose_the_price(self) -> None:
        """The second one is noise: at no price is a genre of it right."""
        judged = honest(900)
        second = np.arange(900) % 3 == 0
        noise = np.where(second[:, None], 0.05, judged.probabilities)
        hopeless = replace(judged, probabilities=noise, collection=second.astype(int))
        found = calibrate(hopeless, 0.8)
        _, written = cross_fit(hopeless, found.prices)
        assert at_work(written, hopeless)[0]["precision"] >= 0.8

    def test_where_it_cannot_be_had_the_nearest_is_taken(self) -> None:
        judged = honest(300)
        assert calibrate(judged, 0.999).prices.min() > 1


def test_no_album_judges_itself() -> None:
    """Other labels for one album leave its own judgement as it was, and change that of the rest."""
    judged = replace(distorted(honest(300), 0.5, 0.0), group=np.arange(300) // 3)
    for album in (0, 40, 99):
        own = judged.group == album
        changed = replace(judged, labels=np.where(own, (judged.labels + 1) % 4, judged.labels))
        one, other = (
            cross_fit(each, np.full(each.probabilities.shape[1], 1.5)) for each in (judged, changed)
        )
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
