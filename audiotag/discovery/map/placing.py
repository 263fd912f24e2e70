"""Placing sounds into a map that has been laid, by their nearest there; nothing that is there moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.discovery.map.layout import MapSettings
from audiotag.discovery.map.neighbours import nearest
from audiotag.discovery.map.progress import MapProgress
from audiotag.extras import need

# Each begins in the middle of so many of its nearest, and then is pulled and pushed for so many steps.
_MIDDLE = 10
# On a map of some hundred a sound's tenth nearest is half the map away: there fewer count, and pull.
_SOME_NEAREST, _SOME_MIDDLE = 5, 3
_STEPS = 50
_EXAGGERATION = 1.5
_LEARNING_RATE = 1.0
_STEEPEST = 0.25  # a point that begins upon another is not thrown out of the map


@dataclass(frozen=True)
class Ground:
    """The sounds that a map was laid with. vectors (n, size) float32, places (n, 2) float64, n at least 1."""

    vectors: np.ndarray
    places: np.ndarray
    settings: MapSettings

    @property
    def count(self) -> int:
        """How many of its nearest pull at a sound."""
        return min(_SOME_NEAREST if self._is_small else self.settings.neighbours, len(self.vectors))

    @property
    def _is_small(self) -> bool:
        return len(self.vectors) < self.settings.some

    def neighbours(self, vectors: np.ndarray, progress: MapProgress) -> np.ndarray:
        """vectors (m, size) float32 → of each its nearest (m, count) int32, nearest first."""
        return nearest(vectors, self.vectors, self.count, progress.advance)[0].astype(np.int32)

    def place(self, neighbours: np.ndarray) -> np.ndarray:
        """The places (m, 2) float64 of sounds with those neighbours (m, count), whatever else is placed.

        Raises MissingExtraError without openTSNE.
        """
        need("Placing tracks into the map", "map")
        middle = np.median(self.places[neighbours[:, : _SOME_MIDDLE if self._is_small else _MIDDLE]], axis=1)
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import PrecomputedAffinities
        from openTSNE.tsne import PartialTSNEEmbedding
        from scipy.sparse import csr_matrix

        many, each = neighbours.shape
        pulls = csr_matrix(
            (np.full(many * each, 1 / each), neighbours.ravel(), np.arange(0, many * each + 1, each)),
            shape=(many, len(self.places)),
        )
        none = PrecomputedAffinities(csr_matrix((len(self.places),) * 2), normalize=False)
        ground = TSNEEmbedding(self.places, none)
        placed = PartialTSNEEmbedding(middle, ground, pulls, negative_gradient_method="bh", n_jobs=1)
        placed.optimize(
            _STEPS,
            inplace=True,
            learning_rate=_LEARNING_RATE,
            exaggeration=_EXAGGERATION,
            max_grad_norm=_STEEPEST,
        )
        return np.array(placed, np.float64)
