"""How often a genre is right, by two numbers a genre; the others have no say in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiotag.model.calibration import Platt, SongPower, calibrated, log_odds, written_genres

PROBABILITIES = arrays(np.float64, (4, 3), elements=st.floats(0, 1))
SCALING = st.lists(st.builds(Platt, st.floats(0.1, 10), st.floats(-5, 5)), min_size=3, max_size=3)


def test_a_slope_of_one_and_no_offset_change_nothing() -> None:
    given_ = np.array([[0.1, 0.5, 0.999]])
    np.testing.assert_allclose(calibrated(given_, [Platt()] * 3), given_, rtol=1e-6)


def test_the_log_odds_are_stretched_and_moved() -> None:
    """Of 0.8 they are log 4: doubled, log 16; less log 2, log 8, which is 8 to 1."""
    assert calibrated(np.array([0.8]), [Platt(2.0, -np.log(2))])[0] == pytest.approx(8 / 9)


@given(PROBABILITIES, SCALING)
def test_the_likelier_track_stays_the_likelier(probabilities: np.ndarray, scaling: list[Platt]) -> None:
    found = calibrated(probabilities, scaling)
    assert ((found >= 0) & (found <= 1)).all()
    for before, after in zip(probabilities.T, found.T, strict=True):
        assert (np.diff(after[np.argsort(before, kind="stable")]) >= 0).all()


@given(PROBABILITIES, SCALING)
def test_a_genre_does_not_depend_on_the_others(probabilities: np.ndarray, scaling: list[Platt]) -> None:
    together = calibrated(probabilities, scaling)
    for genre in range(3):
        alone = calibrated(probabilities[:, genre : genre + 1], scaling[genre : genre + 1])
        np.testing.assert_array_equal(together[:, genre : genre + 1], alone)


def test_certainty_stays_finite() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
    assert np.isfinite(calibrated(np.array([0.0, 1.0]), [Platt(10.0), Platt(10.0)])).all()


@pytest.mark.parametrize("wrong", [(0, 0), (-1, 0), (float("nan"), 0), (float("inf"), 0), (1, float("nan"))])
def test_what_would_turn_the_order_around_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="calibration"):
        Platt(*wrong)


WHOLE = SongPower(windows=2, power=2.0)


def test_the_mean_over_a_song_is_made_as_sure_as_that_over_a_clip() -> None:
    """Of 0.6, 0.3 and 0.1 the squares are as 36, 9 and 1."""
    mean = np.array([0.6, 0.3, 0.1])
    np.testing.assert_allclose(WHOLE(mean, 4), np.array([36, 9, 1]) / 46)
    part = mean**2.0 ** np.log2(1.5)
    np.testing.assert_allclose(WHOLE(mean, 3), part / part.sum(), err_msg="a part of the way")


@pytest.mark.parametrize("windows", [1, 2])
def test_a_clip_stays_as_it_is(windows: int) -> None:
    mean = np.array([[0.61, 0.3, 0.1]])  # the network's 16 bits need not sum to one
    np.testing.assert_array_equal(WHOLE(mean, np.array([windows])), mean)


@given(PROBABILITIES, st.lists(st.integers(1, 10_000), min_size=4, max_size=4))
def test_a_song_s_genres_keep_their_order(probabilities: np.ndarray, windows: list[int]) -> None:
    found = WHOLE(probabilities, np.array(windows))
    assert ((found >= 0) & (found <= 1)).all()
    for before, after in zip(probabilities, found, strict=True):
        assert (np.diff(after[np.argsort(before, kind="stable")]) >= 0).all()


def test_a_longer_song_is_made_no_surer_than_the_longest_that_was_judged() -> None:
    mean = np.array([0.6, 0.3, 0.1])
    np.testing.assert_array_equal(WHOLE(mean, 5_000), WHOLE(mean, 4))


def test_without_a_power_nothing_changes() -> None:
    mean = np.array([0.6, 0.3, 0.1])
    np.testing.assert_array_equal(SongPower()(mean, 100), mean)


@pytest.mark.parametrize("wrong", [(0, 1.0), (2, 0.0), (2, float("nan")), (2, float("inf"))])
def test_a_power_that_makes_no_sense_is_refused(wrong: tuple[int, float]) -> None:
    with pytest.raises(ValueError, match="song power"):
        SongPower(*wrong)


def test_the_most_probable_genre_above_its_own_threshold_is_written() -> None:
    thresholds = (0.5, 0.3, None)
    probabilities = np.array(
        [
            [0.45, 0.40, 0.95],  # the first is likelier, but under its threshold; the last is never written
            [0.60, 0.40, 0.00],  # both are above: the likelier
            [0.60, 0.60, 0.00],  # equally likely: the one further above its threshold
            [0.49, 0.29, 0.99],  # none
            [0.50, 0.10, 0.00],  # at the threshold is above it
        ]
    )
    assert written_genres(probabilities, thresholds).tolist() == [1, 0, 1, -1, 0]
