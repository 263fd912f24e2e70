"""A settled norm computes what it did, with the statistics of what arrives there."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from audiotag.model.network import build_network
from audiotag.training.archives.archive import cut
from audiotag.training.learning.norm_statistics import (
    refit_pooled_statistics,
    set_pooled_statistics,
    set_trunk_statistics,
    settle_new_norms,
)
from tests.training.stripes import SPEC, striped


def test_the_function_stays_and_the_statistics_come() -> None:
    keras.utils.set_random_seed(3)
    network = build_network(SPEC)
    windows = striped(16).mel[:, :, : SPEC.frames]
    given = windows[..., None].astype(np.float32) / 255
    before = np.asarray(network(given, training=False)[1])
    set_trunk_statistics(network, windows, batch=8)
    np.testing.assert_allclose(np.asarray(network(given, training=False)[1]), before, atol=1e-4)

    norm = network.get_layer("conv2_block1_1_bn")
    arriving = np.asarray(keras.Model(network.input, norm.input)(given))
    np.testing.assert_allclose(np.asarray(norm.moving_mean), arriving.mean(axis=(0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(np.asarray(norm.moving_variance), arriving.var(axis=(0, 1, 2)), atol=1e-3)


def test_norms_that_begin_at_random_settle_one_after_another() -> None:
    """Each by what the one before lets through; those that are known, and the head's, stay as they are."""
    keras.utils.set_random_seed(3)
    network = build_network(SPEC)
    windows = striped(8).mel[:, :, : SPEC.frames]
    norms = [x for x in network.layers if isinstance(x, keras.layers.BatchNormalization)]
    *trunk, head = norms
    known = [norm.name for norm in trunk if norm.name.startswith(("conv1", "conv2", "conv3"))]
    new = [norm for norm in trunk if norm.name not in known]
    before = {norm.name: norm.get_weights() for norm in norms}
    settle_new_norms(network, known, windows)
    for norm in [*(x for x in trunk if x.name in known), head]:
        for one, same in zip(norm.get_weights(), before[norm.name], strict=True):
            np.testing.assert_array_equal(one, same)
    assert new, "else nothing was to be done"
    outputs = [norm.output for norm in new]
    found = keras.Model(network.input, outputs).predict(
        windows[..., None].astype(np.float32) / 255, verbose=0
    )
    for values in found if isinstance(found, list) else [found]:
        np.testing.assert_allclose(values.mean(axis=(0, 1, 2)), 0, atol=2e-2)
        assert values.std(axis=(0, 1, 2)).max() < 1.1
        assert np.median(values.std(axis=(0, 1, 2))) > 0.6


def test_the_norm_before_the_head_standardises() -> None:
    network = build_network(SPEC)
    features = np.random.default_rng(0).normal(5, 3, (200, 1024)).astype(np.float32)
    set_pooled_statistics(network, features)
    out = np.asarray(network.get_layer("pooled_bn")(features))
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=1e-2)


@pytest.mark.slow
def test_a_head_that_learnt_from_narrow_windows_finds_wide_ones_the_same() -> None:
    keras.utils.set_random_seed(3)
    narrow, whole = build_network(replace(SPEC, frames=SPEC.frames // 2)), build_network(SPEC)
    mel = striped(48).mel
    set_pooled_statistics(narrow, normed(narrow, mel, "pooled"))
    whole.set_weights(narrow.get_weights())
    heard = normed(narrow, mel, "pooled_bn")

    before = np.abs(normed(whole, mel, "pooled_bn").mean(axis=0) - heard.mean(axis=0)).max()
    refit_pooled_statistics(whole, narrow, mel)
    after = normed(whole, mel, "pooled_bn")

    assert before > 0.2  # else nothing was to be done
    np.testing.assert_allclose(after.mean(axis=0), heard.mean(axis=0), atol=0.02)
    # What hardly varies, against the thousandth that guards the division, is not stretched in full.
    pooled = np.stack([normed(network, mel, "pooled").std(axis=0) for network in (narrow, whole)])
    varied = (pooled > 0.02).all(axis=0)
    assert varied.sum() > 10
    np.testing.assert_allclose(after.std(axis=0)[varied], heard.std(axis=0)[varied], rtol=0.1)


def normed(network: keras.Model, mel: np.ndarray, layer: str) -> np.ndarray:
    frames = network.input.shape[2]
    windows = cut(mel, (mel.shape[2] - frames) // 2, frames)[..., None].astype(np.float32) / 255
    return np.asarray(keras.Model(network.input, network.get_layer(layer).output)(windows))
