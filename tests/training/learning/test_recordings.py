"""Each variation of a recording does what it says, within its bounds, and leaves silence silent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.training.learning.recordings import (
    add_noise_floor,
    change_contrast,
    cut_ends,
    equalise,
    level_out,
    raise_levels,
    to_levels,
    to_windows,
)

BANDS, FRAMES = 50, 40
ALL: tuple[Callable[[np.ndarray, float, np.random.Generator], np.ndarray], ...] = (
    equalise,
    change_contrast,
    level_out,
    cut_ends,
    add_noise_floor,
)
ON_LEVELS = ALL[:-1]
SEEDS = st.integers(0, 2**32 - 1)


def seeded(seed: int = 2) -> np.random.Generator:
    return np.random.default_rng(seed)


def music(count: int = 40, seed: int = 1) -> np.ndarray:
    """Levels of 20 to 80 dB, the last five frames of each window silent, and one window wholly."""
    levels = seeded(seed).uniform(20, 80, (count, BANDS, FRAMES)).astype(np.float32)
    levels[:, :, -5:] = -np.inf
    levels[-1] = -np.inf
    return levels


def change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(n, bands, frames) dB, of the windows and frames that sound."""
    return np.asarray((after[:-1, :, :-5] - before[:-1, :, :-5]).astype(float))


class TestAll:
    @pytest.mark.parametrize("vary", ALL)
    def test_off_is_untouched_and_draws_nothing(
        self, vary: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
    ) -> None:
        levels, rng = music(), seeded()
        assert vary(levels, 0.0, rng) is levels
        assert rng.random() == seeded().random()

    @pytest.mark.parametrize("vary", ALL)
    def test_the_same_seed_gives_the_same_and_what_was_given_stays(
        self, vary: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
    ) -> None:
        levels = music()
        one, other = (vary(levels, 0.5, seeded()) for _ in range(2))
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(levels, music())
        assert (vary(levels, 0.5, seeded(3)) != one).any()
        assert (one.dtype, one.shape) == (np.float32, levels.shape)

    @given(SEEDS, st.floats(0.01, 1))
    def test_silence_stays_silence_and_sound_a_number(self, seed: int, amount: float) -> None:
        levels = music(6)
        for vary in ON_LEVELS:
            varied = vary(levels, amount, seeded(seed))
            np.testing.assert_array_equal(np.isneginf(varied), np.isneginf(levels))
            assert not np.isnan(varied).any()


class TestLevels:
    def test_windows_come_back_as_they_were(self) -> None:
        windows = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
        levels = to_levels(windows, 80.0)
        assert (levels[0, 0, 0], levels[0, -1, -1]) == (-np.inf, np.float32(80))
        np.testing.assert_array_equal(to_windows(levels, 80.0), windows)

    def test_beyond_the_range_there_is_nothing(self) -> None:
        assert to_windows(np.array([[[-np.inf, -3, 0.1, 81, 300]]], np.float32), 80.0).tolist() == [
            [[0, 0, 0, 255, 255]]
        ]

    @given(SEEDS, st.floats(-60, 60))
    def test_they_are_raised_to_the_maximum_all_alike(self, seed: int, by: float) -> None:
        levels = music(3, seed)
        raised = raise_levels(levels + np.float32(by), 80.0)
        np.testing.assert_allclose(raised[:-1].max(axis=(1, 2)), 80, atol=1e-4)
        assert np.ptp(change(levels, raised), axis=(1, 2)).max() < 1e-4
        assert np.isneginf(raised[-1]).all()


class TestEqualise:
    @given(SEEDS, st.floats(0.1, 12))
    def test_a_band_is_changed_alike_in_all_frames_and_by_no_more_than_asked(
        self, seed: int, most: float
    ) -> None:
        levels = music(5)
        by = change(levels, equalise(levels, most, seeded(seed)))
        assert np.ptp(by, axis=2).max() < 1e-4
        assert np.abs(by).max() <= most + 1e-4

    def test_the_curve_is_smooth_and_another_for_each_window(self) -> None:
        levels = music(200)
        curves = change(levels, equalise(levels, 6.0, seeded()))[:, :, 0]
        assert np.abs(np.diff(curves, axis=1)).max() < 2.5
        assert np.abs(curves).max() > 5.5
        assert len(np.unique(curves[:, 0])) > 190


class TestContrast:
    @given(SEEDS, st.floats(0.01, 1))
    def test_distances_from_the_maximum_grow_or_shrink_by_one_factor(self, seed: int, most: float) -> None:
        levels = music(5)
        varied = change_contrast(levels, most, seeded(seed))
        for one, other in zip(levels[:-1, :, :-5], varied[:-1, :, :-5], strict=True):
            below, then = one.max() - one.astype(float), other.max() - other.astype(float)
            assert other.max() == pytest.approx(one.max(), abs=1e-3)
            factor = then.max() / below.max()
            assert np.exp(-most) - 1e-3 <= factor <= np.exp(most) + 1e-3
            np.testing.assert_allclose(then, factor * below, atol=1e-2)

    def test_half_of_the_windows_stay_as_they_are(self) -> None:
        levels = music(400)
        changed = np.abs(change(levels, change_contrast(levels, 0.3, seeded()))).max(axis=(1, 2)) > 0.01
        assert 0.4 < changed.mean() < 0.6


class TestLevelling:
    def loud_and_quiet(self, count: int = 400) -> np.ndarray:
        """The first half of each window 70 dB in all bands, the second 50."""
        levels = np.full((count, BANDS, FRAMES), 70, np.float32)
        levels[:, :, FRAMES // 2 :] = 50
        return levels

    def test_quiet_frames_come_nearer_to_loud_ones_or_further_off(self) -> None:
        levels = self.loud_and_quiet()
        varied = level_out(levels, 1.0, seeded())
        np.testing.assert_allclose(varied[:, :, 0], 70, atol=1e-3)
        raised = varied[:, 0, -1] - 50
        assert -0.3 * 20 - 1e-3 <= raised.min() < -3
        assert 12 < raised.max() <= 0.7 * 20 + 1e-3
        assert 0.4 < (raised != 0).mean() < 0.6

    def test_it_is_slow(self) -> None:
        """At the step the gain passes over seven frames from the one to the other."""
        levels = self.loud_and_quiet()
        gain = (level_out(levels, 1.0, seeded()) - levels)[:, 0]
        window = gain[np.argmax(gain[:, -1])]
        moving = np.flatnonzero(np.abs(np.diff(window)) > 1e-3)
        assert moving.tolist() == list(range(FRAMES // 2 - 4, FRAMES // 2 + 3))
        assert (np.diff(window) > -1e-4).all()

    @given(SEEDS, st.floats(0.01, 1))
    def test_all_bands_of_a_frame_change_alike_and_within_bounds(self, seed: int, strength: float) -> None:
        levels = music(5)
        by = change(levels, level_out(levels, strength, seeded(seed)))
        assert np.ptp(by, axis=1).max() < 1e-4
        assert by.min() >= -10 - 1e-4
        assert by.max() <= 20 + 1e-4

    def test_a_weaker_one_changes_less(self) -> None:
        levels = self.loud_and_quiet()
        strong, weak = (
            np.abs(level_out(levels, strength, seeded()) - levels).max() for strength in (1.0, 0.1)
        )
        assert weak == pytest.approx(strong / 10, rel=1e-3)


class TestLowPass:
    @given(SEEDS)
    def test_it_takes_from_the_ends_alone_and_more_the_nearer_they_are(self, seed: int) -> None:
        levels = music(20)
        by = change(levels, cut_ends(levels, 1.0, seeded(seed)))
        assert np.ptp(by, axis=2).max() < 1e-4
        curve = by[:, :, 0]
        np.testing.assert_array_equal(curve[:, BANDS * 8 // 100 + 1 : BANDS * 6 // 10 + 1], 0)
        assert (np.diff(curve[:, BANDS // 2 :], axis=1) <= 1e-4).all()
        assert (np.diff(curve[:, : BANDS // 2], axis=1) >= -1e-4).all()

    def test_its_share_of_the_windows_loses_the_top_and_half_as_many_the_bottom(self) -> None:
        levels = music(2000)
        lost = change(levels, cut_ends(levels, 0.4, seeded()))[:, :, 0] < 0
        # A cutoff in the outermost band takes nothing.
        assert 0.33 < lost[:, -1].mean() < 0.42
        assert 0.16 < lost[:, 0].mean() < 0.23

    def test_the_slope_is_a_few_decibels_a_band(self) -> None:
        levels = music(2000)
        curve = change(levels, cut_ends(levels, 1.0, seeded()))[:, :, 0]
        steepest = -np.diff(curve[:, BANDS // 2 :], axis=1).min(axis=1)
        full = steepest[curve[:, -3] < 0]  # two whole bands lie above the cutoff
        assert 1.5 - 1e-3 <= full.min() < 2
        assert 11 < full.max() <= 12 + 1e-3


class TestNoiseFloor:
    def test_it_lies_under_the_music_of_its_share_of_the_windows(self) -> None:
        levels = music(400)
        noisy = add_noise_floor(levels, 0.25, seeded())
        assert (noisy >= levels).all()
        changed = (noisy != levels).any(axis=(1, 2))
        assert 0.18 < changed.mean() < 0.32
        assert (noisy[~changed] == levels[~changed]).all()

    def test_silence_fills_with_noise_of_up_to_thirty_decibels_and_a_slight_tilt(self) -> None:
        silence = np.full((300, BANDS, 200), -np.inf, np.float32)
        noise = add_noise_floor(silence, 1.0, seeded()).astype(float)
        mean, bands = noise.mean(axis=(1, 2)), noise.mean(axis=2)
        assert -1 < mean.min() < 2
        assert 28 < mean.max() < 31
        assert 6 < np.abs(bands[:, -1] - bands[:, 0]).max() < 9.5
        np.testing.assert_allclose((noise - bands[:, :, None]).std(axis=(1, 2)), 2.5, atol=0.1)

    def test_loud_music_covers_it(self) -> None:
        loud = np.full((50, BANDS, FRAMES), 60, np.float32)
        np.testing.assert_array_equal(add_noise_floor(loud, 1.0, seeded()), loud)
