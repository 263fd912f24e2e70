"""What the networks learn from: batches of varied windows, or of features that wait for a head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from audiotag.training.archive import MelArchive
from audiotag.training.augment import mixup, random_windows
from audiotag.training.recipe import Phase, Recipe

VGGISH_SIZE = 128


@dataclass(frozen=True)
class Targets:
    """What is to be learnt of each clip. genre: (n, genres) float32, one-hot.
    vggish: (n, 128) float32, standardised; has_vggish: (n,) float32, 0 where there is none."""

    genre: np.ndarray
    vggish: np.ndarray
    has_vggish: np.ndarray

    @classmethod
    def of(cls, clips: MelArchive, genres: tuple[str, ...]) -> Targets:
        """Raises ArchiveError for a genre that is not among `genres`."""
        return cls(np.eye(len(genres), dtype=np.float32)[clips.labels(genres)], *standardised_vggish(clips))

    def take(self, index: np.ndarray) -> Targets:
        """The targets at these positions."""
        return Targets(self.genre[index], self.vggish[index], self.has_vggish[index])

    def __len__(self) -> int:
        return len(self.genre)


def standardised_vggish(clips: MelArchive) -> tuple[np.ndarray, np.ndarray]:
    """(n, 128) float32 of mean 0 and deviation 1 a column, 0 where unknown; and (n,) 1 where known."""
    if clips.vggish is None:
        return np.zeros((len(clips), VGGISH_SIZE), np.float32), np.zeros(len(clips), np.float32)
    values = clips.vggish.astype(np.float64)
    known = np.asarray(np.isfinite(values).all(axis=1))
    if known.any():
        values = (values - values[known].mean(axis=0)) / (values[known].std(axis=0) + 1e-6)
    return np.where(known[:, None], values, 0.0).astype(np.float32), known.astype(np.float32)


def window_batches(
    mel: np.ndarray, frames: int, targets: Targets, recipe: Recipe, epoch: int
) -> Iterator[Any]:
    """One epoch of the trunk phase: every clip once, as a varied window (batch, bands, frames, 1).

    What it draws depends on the recipe's seed and on `epoch` alone, so that a resumed run
    sees what an unbroken one would.
    """
    rng = np.random.default_rng([recipe.seed, 1, epoch])
    for index in _shuffled(len(mel), recipe.trunk, rng):
        windows = random_windows(mel[index], frames, recipe.augmentation, rng)
        yield _mixed(windows[..., None].astype(np.float32) / 255, targets.take(index), recipe, rng)


def feature_batches(views: np.ndarray, targets: Targets, recipe: Recipe, epoch: int) -> Iterator[Any]:
    """One epoch of the head phase: of every clip a random view; views (views, n, features)."""
    rng = np.random.default_rng([recipe.seed, 2, epoch])
    for index in _shuffled(views.shape[1], recipe.head, rng):
        view = rng.integers(0, len(views), len(index))
        yield _mixed(views[view, index].astype(np.float32), targets.take(index), recipe, rng)


def batches_per_epoch(clips: int, phase: Phase) -> int:
    """The last batch of an epoch may be a smaller one."""
    return -(-clips // phase.batch)


def _shuffled(count: int, phase: Phase, rng: np.random.Generator) -> Iterator[np.ndarray]:
    order = rng.permutation(count)
    for start in range(0, count, phase.batch):
        yield order[start : start + phase.batch]


def _mixed(given: np.ndarray, targets: Targets, recipe: Recipe, rng: np.random.Generator) -> Any:
    batch = (given, targets.genre, targets.vggish, targets.has_vggish)
    given, genre, vggish, known = mixup(batch, recipe.mixup, rng)
    weights = {"probabilities": np.ones(len(given), np.float32), "vggish": known}
    return given, {"probabilities": genre, "vggish": vggish}, weights
