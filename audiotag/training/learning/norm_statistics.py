"""Norms made to fit the windows that they will see."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from audiotag.training.archives.archive import cut
from audiotag.training.learning.views import cut_network, pooled_features

if TYPE_CHECKING:
    import keras


def set_trunk_statistics(network: keras.Model, windows: np.ndarray, batch: int = 8) -> None:
    """Give each norm of the trunk the statistics of what arrives there, its function unchanged.

    windows: (n, bands, frames) uint8. The initial weights come with folded norms (mean 0,
    variance 1, the rest in gamma and beta): batch statistics would make another network of
    them. Afterwards mean and variance are those of these windows, and gamma and beta such
    that the norm computes what it did before.
    """
    import keras
    from keras import ops

    norms = [x for x in _norms(network) if len(x.input.shape) == 4]
    if not norms:
        return
    maps = [ops.cast(norm.input, "float32") for norm in norms]
    moments = [ops.mean(m, axis=(1, 2)) for m in maps] + [ops.mean(m * m, axis=(1, 2)) for m in maps]
    given = windows[..., None].astype(np.float32) / 255
    found = keras.Model(network.input, moments).predict(given, batch_size=batch, verbose=0)
    for norm, mean, square in zip(norms, found[: len(norms)], found[len(norms) :], strict=True):
        centre = mean.mean(axis=0, dtype=np.float64)
        variance = np.maximum(square.mean(axis=0, dtype=np.float64) - centre**2, 0)
        gamma, beta, old_mean, old_variance = (
            np.asarray(weight, np.float64) for weight in norm.get_weights()
        )
        scale = gamma / np.sqrt(old_variance + norm.epsilon)
        shift = beta - old_mean * scale
        settled = [scale * np.sqrt(variance + norm.epsilon), shift + centre * scale, centre, variance]
        norm.set_weights([weight.astype(np.float32) for weight in settled])


def settle_new_norms(network: keras.Model, known: Collection[str], windows: np.ndarray) -> None:
    """Let each norm of the trunk that begins at random bring what arrives there to mean 0 and
    deviation 1, one after another, since each changes what arrives at the next.

    known: names of the layers that do not begin at random. windows: (n, bands, frames) uint8.
    """
    import keras
    from keras import ops

    given = windows[..., None].astype(np.float32) / 255
    for norm in _norms(network):
        if norm.name in known or len(norm.input.shape) != 4:
            continue
        arriving = ops.cast(norm.input, "float32")
        moments = [ops.mean(arriving, axis=(1, 2)), ops.mean(arriving * arriving, axis=(1, 2))]
        mean, square = keras.Model(network.input, moments).predict(given, batch_size=8, verbose=0)
        centre = mean.mean(axis=0)
        norm.moving_mean.assign(centre)
        norm.moving_variance.assign(np.maximum(square.mean(axis=0) - centre**2, 1e-6))


def set_pooled_statistics(network: keras.Model, pooled: np.ndarray) -> None:
    """Let the norm before the head bring pooled features (n, features) to mean 0 and deviation 1."""
    norm = network.get_layer("pooled_bn")
    features = pooled.astype(np.float32)
    # The deviation goes into gamma: as a variance it could leave the range of float16.
    norm.gamma.assign(1 / (features.std(axis=0) + 1e-3))
    norm.moving_mean.assign(features.mean(axis=0))


def refit_pooled_statistics(network: keras.Model, learnt: keras.Model, mel: np.ndarray) -> None:
    """Fit the norm before `network`'s head to its windows, which are wider or narrower than those
    that `learnt`, which has the same weights, has learnt from.

    mel: (n, bands, columns) uint8, training clips. A maximum over more frames is higher, and a mean
    over them varies less; mean and deviation of each pooled feature are brought to where the head
    knows them (Touvron et al. 2019, "Fixing the train-test resolution discrepancy").
    """
    if network.input.shape == learnt.input.shape:
        return
    from keras import ops

    found = []
    for one in (learnt, network):
        trunk = cut_network(one, "pooled")
        frames = one.input.shape[2]
        middle = cut(mel, max(0, mel.shape[2] - frames) // 2, frames)
        features = pooled_features(trunk, middle).astype(np.float32)
        found.append((features.mean(axis=0), features.std(axis=0) + 1e-3))
    (mean, deviation), (new_mean, new_deviation) = found
    norm = network.get_layer("pooled_bn")
    shrink = deviation / new_deviation
    norm.moving_mean.assign(new_mean - (mean - ops.convert_to_numpy(norm.moving_mean)) / shrink)
    norm.gamma.assign(ops.convert_to_numpy(norm.gamma) * shrink)


def keep_norms(network: keras.Model, trunk: bool) -> None:
    """The norm before the head keeps its statistics; with `trunk`, all others do too."""
    for norm in _norms(network):
        if trunk or norm.name == "pooled_bn":
            norm.trainable = False


def _norms(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    import keras

    return [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
