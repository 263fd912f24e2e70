"""What the untouched trunk makes of the clips, kept so that it needs to run only once.

A view is one random variation of every clip (augment.py). Features are kept as
float16: half the memory, and far finer than the noise that the variations add.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from audiotag.training.learning.augment import random_windows
from audiotag.training.recipe import Recipe

if TYPE_CHECKING:
    import keras

_BATCH = 32
_PART = 1024  # windows that are held in 32 bits at a time


def cut_network(network: keras.Model, layer: str) -> keras.Model:
    """The network up to the output of a layer; both share its weights."""
    import keras

    return keras.Model(network.input, network.get_layer(layer).output)


def pooled_features(trunk: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Windows (n, bands, frames) uint8 → what the trunk pools of them, (n, features) float16."""
    parts = []
    for start in range(0, len(windows), _PART):
        part = windows[start : start + _PART, ..., None].astype(np.float32) / 255
        parts.append(trunk.predict(part, batch_size=_BATCH, verbose=0).astype(np.float16))
    return np.concatenate(parts)


def random_view(trunk: keras.Model, mel: np.ndarray, recipe: Recipe, view: int) -> np.ndarray:
    """One variation of every clip (n, bands, columns) through the trunk: (n, features) float16.

    Without masks: a trunk that does not learn does not learn to look past them, and they cost
    it three points of top-1 (weights/MODEL_CARD.md).
    """
    rng = np.random.default_rng([recipe.seed, 3, view])
    unmasked = replace(recipe.augmentation, time_masks=0, band_masks=0)
    return pooled_features(trunk, random_windows(mel, trunk.input.shape[2], unmasked, rng))
