"""Laying the map: t-SNE of the embeddings, the same for the same embeddings.

What the same means: to the last bit, on one machine. The sounds come in an order of their own, the start is
from the principal components, the neighbours are exact, the only random numbers have a fixed seed, and
openTSNE's threads share its work without changing a sum. Another processor, or BLAS with another number of
threads, may round otherwise in the matrix products that find components and neighbours, and t-SNE makes a
hair's breadth visible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audiotag.discovery.map_neighbours import nearest
from audiotag.discovery.map_progress import MapProgress

if TYPE_CHECKING:
    from openTSNE import TSNEEmbedding


@dataclass(frozen=True)
class MapSettings:
    """components: principal ones of the embeddings that count. perplexity: about so many neighbours pull at a
    point. exaggeration: of their pull; early_exaggeration: at first, for `early` steps, then `late` follow.
    docs/map.md says by what they were chosen."""

    components: int = 50
    perplexity: float = 30.0
    early_exaggeration: float = 12.0
    exaggeration: float = 1.0
    early: int = 250
    late: int = 500


@dataclass(frozen=True)
class Projection:
    """Onto the principal components. mean (size,), axes (size, components): float32, the largest first."""

    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, components: int) -> Projection:
        """vectors (n, size) float32, n at least 1."""
        mean = vectors.mean(axis=0, dtype=np.float64)
        spread = (vectors.T @ vectors).astype(np.float64) / len(vectors) - np.outer(mean, mean)
        _, axes = np.linalg.eigh(spread)
        axes = axes[:, ::-1][:, :components]
        # Of the two directions of an axis, always the same one.
        largest = np.abs(axes).argmax(axis=0)
        axes = axes * np.sign(axes[largest, np.arange(axes.shape[1])])
        return cls(mean.astype(np.float32), np.ascontiguousarray(axes, np.float32))

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        """(n, size) → (n, components), float32."""
        return vectors @ self.axes - self.mean @ self.axes


def lay(vectors: np.ndarray, settings: MapSettings, jobs: int, progress: MapProgress) -> np.ndarray:
    """vectors (n, size) float32 → the places (n, 2) float64 of n sounds. jobs: threads.

    Any n will do, and any vectors: what is all the same lies in a heap.
    """
    if len(vectors) < 4:  # t-SNE needs neighbours, and these lie in a row
        return np.array([[float(i), 0.0] for i in range(len(vectors))]).reshape(-1, 2)
    values = Projection.of(vectors, settings.components).apply(vectors)
    count = min(len(values) - 1, int(3 * settings.perplexity))
    progress.begin("Finding neighbours", len(values))
    positions, distances = nearest(values, values, count, progress.advance, selves=True)
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    neighbours = PrecomputedNeighbors(positions, distances.astype(np.float64))
    affinities = PerplexityBasedNN(
        knn_index=neighbours, perplexity=min(settings.perplexity, count / 3), n_jobs=jobs
    )
    progress.begin("Laying the map", settings.early + settings.late)
    map_ = TSNEEmbedding(
        _start(values), affinities, n_jobs=jobs, callbacks=_steps(progress.advance), callbacks_every_iters=1
    )
    map_.optimize(settings.early, inplace=True, exaggeration=settings.early_exaggeration, momentum=0.5)
    map_.optimize(settings.late, inplace=True, exaggeration=settings.exaggeration, momentum=0.8)
    return np.array(map_, np.float64)


def _start(values: np.ndarray) -> np.ndarray:
    """The first two components, and a little beside them: what is the same must be able to part."""
    first = values[:, :2].astype(np.float64)
    first /= max(float(first[:, 0].std()), 1e-12)
    return 1e-4 * (first + np.random.default_rng(1).normal(0, 0.01, first.shape))


def _steps(advance: Callable[[int], None]) -> Callable[[int, float, Any], None]:
    def step(_number: int, _error: float, _map: TSNEEmbedding) -> None:
        advance(1)

    return step
