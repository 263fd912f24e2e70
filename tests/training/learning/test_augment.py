"""Variations change what they should and nothing else, and the same seed gives the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotag.training.learning.augment import (
    Augmentation,
    mask,
    mixup,
    quieter,
    random_windows,
    shift_bands,
    tilt,
    zoom_bands,
    zoomed_crops,
)

ALL_OF_A_RECORDING = Augmentation(
    eq_db=6, contrast=0.15, levelling=0.5, low_pass=1, noise_floor=0.5, time_masks=0, band_masks=0
)


def clips(count: int = 6) -> np.ndarray:
    return np.random.default_rng(1).integers(1, 256, (count, 20, 30), np.uint8)


def seeded(seed: int = 2) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_window_has_the_asked_shape_and_reaches_its_maximum() -> None:
    windows = random_windows(clips(), 24, Augmentation(time_masks=0, band_masks=0), seeded())
    assert windows.shape == (6, 20, 24)
    assert (windows.max(axis=(1, 2)) == 255).all()


def test_the_same_seed_gives_the_same() -> None:
    one, other = (random_windows(clips(), 24, Augmentation(), seeded()) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert (random_windows(clips(), 24, Augmentation(), seeded(3)) != one).any()


def test_another_recording_reaches_its_maximum_too_and_the_same_seed_gives_the_same() -> None:
    one, other = (random_windows(clips(), 24, ALL_OF_A_RECORDING, seeded()) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert (one.dtype, one.shape) == (np.uint8, (6, 20, 24))
    assert (one.max(axis=(1, 2)) == 255).all()


def test_each_variation_of_a_recording_changes_the_windows() -> None:
    plain = replace(ALL_OF_A_RECORDING, eq_db=0, contrast=0, levelling=0, low_pass=0, noise_floor=0)
    assert not plain.changes_recordings
    for name in ("eq_db", "contrast", "levelling", "low_pass", "noise_floor"):
        only = replace(plain, **{name: getattr(ALL_OF_A_RECORDING, name)})
        assert only.changes_recordings
        plain_windows, varied = (random_windows(clips(), 24, which, seeded()) for which in (plain, only))
        assert (plain_windows != varied).any(), name


def test_where_nothing_sounds_only_noise_is_heard() -> None:
    silent = np.zeros((6, 20, 30), np.uint8)
    assert random_windows(silent, 24, replace(ALL_OF_A_RECORDING, noise_floor=0), seeded()).sum() == 0
    noisy = random_windows(silent, 24, replace(ALL_OF_A_RECORDING, noise_floor=1), seeded())
    assert 0 < noisy.max() < 255


def test_crops_are_stretches_of_the_clip() -> None:
    whole = clips()
    for clip, crop in zip(whole, zoomed_crops(whole, 24, 0.0, seeded()), strict=True):
        assert any((clip[:, start : start + 24] == crop).all() for start in range(7))


def test_short_clips_are_padded() -> None:
    assert zoomed_crops(clips(), 40, 0.0, seeded())[:, :, 30:].sum() == 0


def test_a_zoomed_crop_is_the_clip_at_another_tempo() -> None:
    """On a clip whose columns are numbered: evenly spaced, by at most the factor, never past the end."""
    numbered = np.tile(np.arange(1, 201, dtype=np.uint8), (40, 3, 1))
    steps = np.diff(zoomed_crops(numbered, 150, 0.2, seeded())[:, 0].astype(float), axis=1)
    assert (steps >= 0).all()
    tempo = steps.mean(axis=1)
    assert np.exp(-0.2) - 0.02 <= tempo.min() < 0.95
    assert 1.05 < tempo.max() <= np.exp(0.2) + 0.02


def test_zoomed_bands_stretch_from_the_lowest_up() -> None:
    numbered = np.tile(np.arange(1, 101, dtype=np.uint8)[:, None], (40, 1, 2))
    zoomed = zoom_bands(numbered, 0.1, seeded())[:, :, 0].astype(float)
    assert (zoomed[:, 0] <= 2).all()
    assert zoomed[:, 80].min() < 78
    assert zoomed[:, 80].max() > 84
    assert ((zoomed[:, -1] == 0) | (zoomed[:, -1] <= 100)).all()


def test_a_quieter_window_loses_what_lies_at_the_floor() -> None:
    windows = np.tile(np.array([10, 200], np.uint8), (50, 20, 1))
    quiet = quieter(windows, 20.0, 80.0, seeded()).astype(int)
    assert (quiet[:, :, 0].min(), quiet[:, :, 1].min() >= 200 - 64) == (0, True)
    assert len(np.unique(quiet[:, 0, 1])) > 10
    assert quieter(windows, 0.0, 80.0, seeded()) is windows


@pytest.mark.parametrize("most", [0, 3])
def test_shifted_bands_are_the_same_bands_elsewhere(most: int) -> None:
    whole = clips(30)
    moved = shift_bands(whole, most, seeded())
    for source, target in zip(whole, moved, strict=True):
        assert any(
            (target[max(0, by) : 20 + min(0, by)] == source[max(0, -by) : 20 - max(0, by)]).all()
            for by in range(-most, most + 1)
        )


def test_a_tilt_is_at_most_what_was_asked_and_spares_silence() -> None:
    flat = np.full((50, 20, 4), 100, np.uint8)
    flat[:, 7] = 0
    tilted = tilt(flat, 8.0, 80.0, seeded()).astype(int)
    assert (tilted[:, 7] == 0).all()
    ends = np.abs(tilted[:, -1] - tilted[:, 0])
    assert 0 < ends.max() <= 8 / 80 * 255 + 1


@pytest.mark.parametrize("axis", [1, 2])
def test_masks_silence_whole_stretches_along_one_axis(axis: int) -> None:
    windows = clips()
    mask(windows, axis, 2, 5, seeded())
    other = 3 - axis
    silent = (windows == 0).all(axis=other)
    assert ((windows == 0).any(axis=other) == silent).all()
    assert 0 < silent.sum(axis=1).max() <= 10


def test_mixup_blends_all_arrays_alike() -> None:
    onehot = np.eye(6, dtype=np.float32)
    one, other = mixup((onehot, 2 * onehot), 0.5, seeded())
    np.testing.assert_allclose(2 * one, other, rtol=1e-6)
    np.testing.assert_allclose(one.sum(axis=1), 1, rtol=1e-6)
    assert ((one > 0) & (one < 1)).any()
    assert mixup((onehot,), 0.0, seeded())[0] is onehot
