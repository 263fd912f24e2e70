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

from audiotag.discovery.map_neighbours import nearest
from audiotag.discovery.map_progress import MapProgress

if TYPE_CHECKING:
    from openTSNE import TSNEEmbedding

# From so many sounds on the forces are interpolated on a grid, whose meshes are so wide, and not summed over
# a tree: that takes longer for few and is faster for many.
_MANY = 10_000
_MESH = 2
_TREE_ANGLE = 0.8
# Of the embeddings' length, 1: too little to change who is near, enough for what sounds the same to part.
_HAIR = 0.002
# With fewer, threads wait for each other longer than they work, much longer on a busy machine.
_WORTH_THREADS = 20_000
_STEPS_AT_ONCE = 10  # for the progress; Ctrl-C ends it between any two
_BLOCK = 4096


@dataclass(frozen=True)
class MapSettings:
    """neighbours: so many pull at a point, all alike; early_exaggeration: by so much more at first, for
    `early` steps, then `late` follow. docs/map.md says what they were chosen by."""

    neighbours: int = 15
    early_exaggeration: float = 12.0
    early: int = 250
    late: int = 500


def lay(vectors: np.ndarray, settings: MapSettings, jobs: int, progress: MapProgress) -> np.ndarray:
    """vectors (n, size) float32, of length 1 → places (n, 2) float64 of n sounds. jobs: threads, for many.

    Any n will do, and any vectors: what is all the same lies in a heap. The vectors are moved by a hair, in
    place, since they may be large.
    """
    if len(vectors) < 4:  # t-SNE needs neighbours, and these lie in a row
        return np.array([[float(i), 0.0] for i in range(len(vectors))]).reshape(-1, 2)
    random = np.random.default_rng(1)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        block += _HAIR / np.sqrt(vectors.shape[1]) * random.standard_normal(block.shape, np.float32)
    # Of few sounds not nearly all are neighbours.
    count = min(len(vectors) - 1, settings.neighbours, max(3, len(vectors) // 3))
    progress.begin("Finding neighbours", len(vectors))
    positions, distances = nearest(vectors, vectors, count, progress.advance, selves=True)
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import Uniform
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    def step(_number: int, _error: float, _map: TSNEEmbedding) -> None:
        progress.advance(_STEPS_AT_ONCE)

    progress.begin("Laying the map", settings.early + settings.late)
    found = TSNEEmbedding(
        1e-4 * two_components(vectors, random),
        Uniform(knn_index=PrecomputedNeighbors(positions, distances), symmetrize="mean"),
        negative_gradient_method="bh" if len(vectors) < _MANY else "fft",
        theta=_TREE_ANGLE,
        ints_in_interval=_MESH,
        n_jobs=jobs if len(vectors) >= _WORTH_THREADS else 1,
        callbacks=step,
        callbacks_every_iters=_STEPS_AT_ONCE,
    )
    found.optimize(settings.early, inplace=True, exaggeration=settings.early_exaggeration, momentum=0.5)
    found.optimize(settings.late, inplace=True, momentum=0.8)
    return np.array(found, np.float64)


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
