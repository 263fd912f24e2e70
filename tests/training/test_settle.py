"""A settled norm computes what it did, with the statistics of what arrives there."""

from __future__ import annotations

import keras
import numpy as np

from audiotag.model.network import build_network
from audiotag.training.settle import settle_pooled_norm, settle_trunk_norms
from tests.training.stripes import SPEC, striped


def test_the_function_stays_and_the_statistics_come() -> None:
    keras.utils.set_random_seed(3)
    network = build_network(SPEC)
    windows = striped(16).mel[:, :, : SPEC.frames]
    given = windows[..., None].astype(np.float32) / 255
    before = np.asarray(network(given, training=False)[1])
    settle_trunk_norms(network, windows, batch=8)
    np.testing.assert_allclose(np.asarray(network(given, training=False)[1]), before, atol=1e-4)

    norm = network.get_layer("conv2_block1_1_bn")
    arriving = np.asarray(keras.Model(network.input, norm.input)(given))
    np.testing.assert_allclose(np.asarray(norm.moving_mean), arriving.mean(axis=(0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(np.asarray(norm.moving_variance), arriving.var(axis=(0, 1, 2)), atol=1e-3)


def test_the_norm_before_the_head_standardises() -> None:
    network = build_network(SPEC)
    features = np.random.default_rng(0).normal(5, 3, (200, 1024)).astype(np.float32)
    settle_pooled_norm(network, features)
    out = np.asarray(network.get_layer("pooled_bn")(features))
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=1e-2)
