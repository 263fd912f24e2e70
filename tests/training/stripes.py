"""An archive that anyone can tell apart, and a recipe that a test has time for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audiotag.model.network import NetworkSpec
from audiotag.training.archive import MelArchive
from audiotag.training.augment import Augmentation
from audiotag.training.recipe import Phase, Recipe
from tests.helpers.models import SMALL

SPEC = NetworkSpec(SMALL.bands, SMALL.frames, 2, taps=("conv3",), hidden=16)
RECIPE = Recipe(
    taps=("conv3",),
    share=1.0,
    views=2,
    head=Phase(epochs=8, rate=3e-3, batch=16),
    trunk=Phase(epochs=2, rate=1e-5, batch=16),
    average=1,
    mixup=0.2,
    distillation=0.5,
    augmentation=Augmentation(time_masks=1, time_mask=5, band_masks=1, band_mask=3),
)
HEAD_ALONE = replace(RECIPE, trunk=replace(RECIPE.trunk, epochs=0))


def striped(count: int = 64) -> MelArchive:
    """Two genres: sound in the low bands, sound in the high ones; every clip an album of its own."""
    random = np.random.default_rng(6)
    mel = random.integers(1, 60, (count, SMALL.bands, 60), np.uint8)
    low = np.arange(count) % 2 == 0
    mel[low, :15] = random.integers(180, 256, (low.sum(), 15, 60), np.uint8)
    mel[~low, 25:] = random.integers(180, 256, ((~low).sum(), 15, 60), np.uint8)
    vggish = random.standard_normal((count, 128)).astype(np.float16)
    vggish[3] = np.nan
    return MelArchive(
        mel,
        np.where(low, "Low", "High"),
        np.where(np.arange(count) < count * 3 // 4, "train", "val"),
        100 * np.arange(count, dtype=np.int32),
        vggish,
    )
