"""Laying the map: t-SNE of the embeddings, the same for the same embeddings.

What the same means: to the last bit, on one machine. The sounds come in an order of their own, the start is
from the principal components, the neighbours are exact, the only random numbers have a fixed seed, and
openTSNE's threads share its work without changing a sum. Another processor, or BLAS with another number of
threads, may round otherwise in the matrix products that find components and neighbours, and t-SNE makes a
hair's breadth visible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audiotag.discovery.map.few import spread
from audiotag.discovery.map.neighbours import nearest
from audiotag.discovery.map.progress import MapProgress
from audiotag.extras import need

if TYPE_CHECKING:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import Affinities

# From so many sounds on the forces are interpolated on a grid, whose meshes are so wide, and not summed over
# a tree: that takes longer for few and is faster for many.
_MANY = 10_000
_MESH = 2
_TREE_ANGLE = 0.8
# Of the embeddings' length, 1: too little to change who is near, enough for what sounds the same to part.
_HAIR = 0.002
# No number of theirs differs by more in embeddings that are all the same; and the side of the heap that they
# lie in: a map of others is never so small.
_ALIKE = 1e-5
HEAP = 1e-3
# With fewer, threads wait for each other longer than they work, much longer on a busy machine.
_WORTH_THREADS = 20_000
# Of some hundred, a few nearest that pull all alike fall into parts that know nothing of each other, and fly
# apart. Their map needs its own pace, too.
_SOME_EXAGGERATION, _SOME_RATE, _SOME_ANGLE = 4.0, 50.0, 0.2
_STEPS_AT_ONCE = 10  # for the progress; Ctrl-C ends it between any two
_BLOCK = 4096


@dataclass(frozen=True)
class MapSettings:
    """neighbours: so many pull at a point, all alike; early_exaggeration: by so much more at first, for
    `early` steps, then `late` follow. few: fewer sounds are laid by map_few; some: of fewer all pull at
    each other, by how near they are. docs/map.md says what they were chosen by."""

    neighbours: int = 15
    early_exaggeration: float = 12.0
    early: int = 250
    late: int = 500
    few: int = 25
    some: int = 300


def lay(vectors: np.ndarray, settings: MapSettings, jobs: int, progress: MapProgress) -> np.ndarray:
    """vectors (n, size) float32, of length 1 → places (n, 2) float64 of n sounds. jobs: threads, for many.

    Any n will do, and any vectors: what is all the same lies in a heap, see HEAP. The vectors may be moved
    by a hair, in place, since they may be large. Raises MissingExtraError where more than a few are to be
    laid without openTSNE.
    """
    if not len(vectors) or np.ptp(vectors, axis=0).max() < _ALIKE:
        return _heap(len(vectors))
    random = np.random.default_rng(1)
    if is_few(len(vectors), settings):
        return spread(vectors, two_components(vectors, random), progress)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        block += _HAIR / np.sqrt(vectors.shape[1]) * random.standard_normal(block.shape, np.float32)
    need("A map of more than a few tracks", "map")
    from openTSNE import TSNEEmbedding

    def step(_number: int, _error: float, _map: TSNEEmbedding) -> None:
        progress.advance(_STEPS_AT_ONCE)

    by_distance = len(vectors) < settings.some
    pulls = _pulls(vectors, by_distance, settings, progress)
    progress.begin("Laying the map", settings.early + settings.late)
    found = TSNEEmbedding(
        1e-4 * two_components(vectors, random),
        pulls,
        negative_gradient_method="bh" if len(vectors) < _MANY else "fft",
        theta=_SOME_ANGLE if by_distance else _TREE_ANGLE,
        ints_in_interval=_MESH,
        learning_rate=_SOME_RATE if by_distance else "auto",
        n_jobs=jobs if len(vectors) >= _WORTH_THREADS else 1,
        callbacks=step,
        callbacks_every_iters=_STEPS_AT_ONCE,
    )
    exaggeration = _SOME_EXAGGERATION if by_distance else settings.early_exaggeration
    found.optimize(settings.early, inplace=True, exaggeration=exaggeration, momentum=0.5)
    found.optimize(settings.late, inplace=True, momentum=0.8)
    return np.array(found, np.float64)


def _pulls(
    vectors: np.ndarray, by_distance: bool, settings: MapSettings, progress: MapProgress
) -> Affinities:
    """Who pulls at whom, and how much: a sound's nearest, all alike; by_distance: all, the near ones more."""
    from openTSNE.affinity import PerplexityBasedNN, Uniform
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    others = len(vectors) - 1
    count = others if by_distance else min(others, settings.neighbours)
    progress.begin("Finding neighbours", len(vectors))
    found = nearest(vectors, vectors, count, progress.advance, selves=True)
    index = PrecomputedNeighbors(*found)
    if by_distance:
        return PerplexityBasedNN(knn_index=index, perplexity=min(30.0, others / 8))
    return Uniform(knn_index=index, symmetrize="mean")


def _heap(many: int) -> np.ndarray:
    """Places beside each other as a sunflower has its seeds: (many, 2)."""
    numbers = np.arange(many)
    distances, angles = 1e-7 * np.sqrt(numbers), numbers * np.pi * (3 - np.sqrt(5))
    return np.column_stack([distances * np.cos(angles), distances * np.sin(angles)])


def is_few(many: int, settings: MapSettings) -> bool:
    """Whether so many are laid by map_few; t-SNE needs some neighbours at least."""
    return many < max(4, settings.few)


def two_components(vectors: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """vectors (n, size) float32 → (n, 2) float64: the principal components, the first of deviation 1. Of
    embeddings of one number the second is at random, and small."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    spread = (vectors.T @ vectors).astype(np.float64) / len(vectors) - np.outer(mean, mean)
    _, axes = np.linalg.eigh(spread)
    axes = axes[:, ::-1][:, :2]
    # Of the two directions of an axis, always the same one.
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[largest, np.arange(axes.shape[1])])
    values = vectors @ axes.astype(np.float32) - mean @ axes
    if values.shape[1] < 2:
        values = np.column_stack([values, 0.01 * random.standard_normal(len(values))])
    return np.asarray(values / max(float(values[:, 0].std()), 1e-9))
