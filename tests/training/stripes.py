"""Clips that anyone can tell apart, and a recipe that a test has time for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audiotag.model.network import NetworkSpec
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.collections import Collection
from audiotag.training.learning.augment import Augmentation
from audiotag.training.learning.corpus import Corpus
from audiotag.training.recipe import ExpertSettings, Phase, Recipe
from tests.helpers.models import SMALL

SPEC = NetworkSpec(SMALL.bands, SMALL.frames, 2, taps=("conv3",), hidden=16)
RECIPE = Recipe(
    taps=("conv3",),
    views=2,
    head=Phase(epochs=8, rate=3e-3, batch=16),
    trunk=Phase(epochs=2, rate=1e-5, batch=16),
    average=1,
    mixup=0.2,
    distillation=0.5,
    experts=ExpertSettings(expert=50.0, gate=50.0),  # freer than for thousands of clips
    augmentation=Augmentation(time_masks=1, time_mask=5, band_masks=1, band_mask=3),
)
HEAD_ALONE = replace(RECIPE, trunk=replace(RECIPE.trunk, epochs=0))
# Where the loud bands of a genre are.
_BANDS = {"Low": slice(0, 15), "High": slice(25, 40), "Middle": slice(14, 26)}


def striped(count: int = 64, genres: tuple[str, str] = ("Low", "High")) -> MelArchive:
    """Two genres in turn, each loud in bands of its own; every clip an album of its own."""
    random = np.random.default_rng(6)
    mel = random.integers(1, 60, (count, SMALL.bands, 60), np.uint8)
    genre = np.resize(np.array(genres, "<U6"), count)
    for name in genres:
        loud = mel[genre == name]
        loud[:, _BANDS[name]] = random.integers(180, 256, loud[:, _BANDS[name]].shape, np.uint8)
        mel[genre == name] = loud
    vggish = random.standard_normal((count, 128)).astype(np.float16)
    vggish[3:4] = np.nan
    split = np.where(np.arange(count) < count * 3 // 4, "train", "val")
    return MelArchive(mel, genre, split, 100 * np.arange(count, dtype=np.int32), vggish)


def stripes(archive: MelArchive | None = None) -> Corpus:
    """One collection with a `val`."""
    return Corpus((Collection("stripes", striped() if archive is None else archive),))


def several() -> Corpus:
    """Two more collections: one has no `val` and knows other genres, of one only tags are known."""
    other = striped(24, ("Low", "Middle"))
    songs = replace(other, split=np.full(24, "train"), vggish=None, group=np.arange(24) // 2)
    tags = np.random.default_rng(8).random((24, 3), np.float32)
    unlabelled = replace(
        songs, genre=np.full(24, ""), tags=tags, tag_names=("msd:a", "msd:b", "msd:c"), group=np.arange(24)
    )
    return Corpus(
        (Collection("stripes", striped()), Collection("songs", songs), Collection("tagged", unlabelled))
    )


SEVERAL_SPEC = replace(SPEC, genres=3, collections=2, embedding=8)
