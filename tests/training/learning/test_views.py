"""What a trunk makes of windows, and of random variations of clips."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from audiotag.training.learning import views
from audiotag.training.learning.augment import Augmentation
from audiotag.training.learning.norm_statistics import keep_norms, refit_pooled_statistics
from audiotag.training.learning.views import cut_network, pooled_features, random_view
from tests.training.stripes import RECIPE

BANDS, FRAMES = 8, 12


def network(frames: int = FRAMES) -> keras.Model:
    """As build_network's are laid out, and much smaller: a trunk, what it pools, a norm, and the genres."""
    keras.utils.set_random_seed(5)
    windows = keras.layers.Input((BANDS, frames, 1))
    seen = keras.layers.BatchNormalization(name="conv1_bn")(keras.layers.Conv2D(4, 3, name="conv1")(windows))
    pooled = keras.layers.GlobalMaxPooling2D(name="pooled")(seen)
    normed = keras.layers.BatchNormalization(name="pooled_bn")(pooled)
    return keras.Model(windows, keras.layers.Dense(2, name="logits")(normed))


def windows(count: int, frames: int = FRAMES) -> np.ndarray:
    return np.random.default_rng(2).integers(1, 256, (count, BANDS, frames), np.uint8)


def test_features_are_what_the_trunk_pools_in_any_number_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    trunk, given = cut_network(network(), "pooled"), windows(7)
    monkeypatch.setattr(views, "_PART", 3)
    found = pooled_features(trunk, given)
    assert (found.shape, found.dtype) == ((7, 4), np.float16)
    np.testing.assert_allclose(found, np.asarray(trunk(given[..., None] / np.float32(255))), atol=2e-3)


def test_a_view_is_another_one_each_time_and_the_same_each_run() -> None:
    trunk, mel = cut_network(network(), "pooled"), windows(5, 2 * FRAMES)
    one = random_view(trunk, mel, RECIPE, 0)
    np.testing.assert_array_equal(random_view(trunk, mel, RECIPE, 0), one)
    assert not np.array_equal(random_view(trunk, mel, RECIPE, 1), one)


def test_a_view_has_no_masks() -> None:
    """Of which a trunk that does not learn makes something else."""
    plain = Augmentation(time_zoom=0, band_zoom=0, band_shift=0, tilt_db=0, time_masks=0, band_masks=0)
    masked = replace(plain, time_masks=3, time_mask=FRAMES, band_masks=3, band_mask=BANDS)
    trunk, mel = cut_network(network(), "pooled"), windows(5)
    one, other = (random_view(trunk, mel, replace(RECIPE, augmentation=one), 0) for one in (plain, masked))
    np.testing.assert_array_equal(one, other)


def test_a_head_that_learnt_from_narrow_windows_finds_wide_ones_the_same() -> None:
    """A maximum over more frames is higher: the norm before the head makes up for that."""
    narrow, wide, mel = network(), network(3 * FRAMES), windows(40, 3 * FRAMES)
    middle = mel[:, :, FRAMES : 2 * FRAMES]
    heard = pooled_features(cut_network(narrow, "pooled_bn"), middle).astype(np.float32)
    before = pooled_features(cut_network(wide, "pooled_bn"), mel).astype(np.float32)
    assert np.abs(before.mean(axis=0) - heard.mean(axis=0)).max() > 0.05, "else nothing was to be done"
    refit_pooled_statistics(wide, narrow, mel)
    after = pooled_features(cut_network(wide, "pooled_bn"), mel).astype(np.float32)
    np.testing.assert_allclose(after.mean(axis=0), heard.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(after.std(axis=0), heard.std(axis=0), rtol=0.05)


def test_windows_of_one_width_are_left_alone() -> None:
    one, other = network(), network()
    refit_pooled_statistics(one, other, windows(4))
    for here, there in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(here, there)


@pytest.mark.parametrize("trunk", [False, True])
def test_norms_that_are_kept_learn_nothing(trunk: bool) -> None:
    model = network()
    keep_norms(model, trunk)
    assert not model.get_layer("pooled_bn").trainable
    assert model.get_layer("conv1_bn").trainable is not trunk
