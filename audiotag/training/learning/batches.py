"""What the networks learn from: batches of varied windows, or of features that wait for a head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from audiotag.training.learning.augment import mixup, random_windows
from audiotag.training.learning.targets import Targets, TrainingSet
from audiotag.training.recipe import Phase, Recipe


def window_batches(clips: TrainingSet, frames: int, recipe: Recipe, epoch: int) -> Iterator[Any]:
    """One epoch of the trunk phase: as many clips as there are, each as a varied window (batch, bands,
    frames, 1).

    What it draws depends on the recipe's seed and on `epoch` alone, so that a resumed run
    sees what an unbroken one would.
    """
    rng = np.random.default_rng([recipe.seed, 1, epoch])
    for index in _drawn(clips.collection, recipe, recipe.trunk, rng):
        windows = random_windows(clips.mel[index], frames, recipe.augmentation, rng)
        yield _mixed(windows[..., None].astype(np.float32) / 255, clips.targets, index, recipe, rng)


def feature_batches(views: np.ndarray, clips: TrainingSet, recipe: Recipe, epoch: int) -> Iterator[Any]:
    """One epoch of the head phase: of each clip drawn a random view; views (views, n, features)."""
    rng = np.random.default_rng([recipe.seed, 2, epoch])
    for index in _drawn(clips.collection, recipe, recipe.head, rng):
        view = rng.integers(0, len(views), len(index))
        yield _mixed(views[view, index].astype(np.float32), clips.targets, index, recipe, rng)


def batches_per_epoch(clips: int, phase: Phase) -> int:
    """The last batch of an epoch may be a smaller one."""
    return -(-clips // phase.batch)


def draws(collection: np.ndarray, evenness: float) -> np.ndarray:
    """How many clips an epoch draws from each collection, (collections,) int; about as many as there are.

    By size to the power of 1 - evenness: 0 takes each clip once, 1 as many from each collection, so that a
    small one is not lost beside a large one (Arivazhagan et al., "Massively Multilingual Neural Machine
    Translation in the Wild", 2019).
    """
    sizes = np.bincount(collection)
    weights = np.where(sizes > 0, sizes.astype(float) ** (1 - evenness), 0.0)
    return np.asarray(np.rint(len(collection) * weights / weights.sum()), np.int64)


def _drawn(
    collection: np.ndarray, recipe: Recipe, phase: Phase, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Every clip of a collection is drawn before one is drawn again."""
    chosen = []
    for number, count in enumerate(draws(collection, recipe.evenness)):
        clips = np.flatnonzero(collection == number)
        rounds = [rng.permutation(clips) for _ in range(-(-int(count) // max(1, len(clips))))]
        chosen += [one[: count - done * len(clips)] for done, one in enumerate(rounds)]
    # Rounding may leave one too few or too many; an epoch is as long as there are clips.
    order = rng.permutation(np.concatenate(chosen))
    order = np.resize(order, len(collection))
    for start in range(0, len(order), phase.batch):
        yield order[start : start + phase.batch]


def _mixed(
    given: np.ndarray, targets: Targets, index: np.ndarray, recipe: Recipe, rng: np.random.Generator
) -> Any:
    """(given, {output: what is wanted}, {output: how much it counts}) of the clips at these positions."""
    given, *parts = mixup((given, *targets.take(index).arrays()), recipe.mixup, rng)
    mixed = Targets(*parts)
    wanted = {
        "genre": np.concatenate([mixed.genre, mixed.possible], axis=1),
        "vggish": mixed.vggish,
        "tags": mixed.tags,
    }
    weights = {
        "genre": np.ones(len(given), np.float32),
        "vggish": mixed.has_vggish,
        "tags": mixed.has_tags,
    }
    return (
        given,
        {name: wanted[name] for name in targets.known},
        {name: weights[name] for name in targets.known},
    )
