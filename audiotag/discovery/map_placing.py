"""Placing sounds into a map that has been laid, by their nearest there; nothing that is there moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.discovery.map_layout import MapSettings, Projection
from audiotag.discovery.map_neighbours import nearest
from audiotag.discovery.map_progress import MapProgress

# So many of the nearest have a say.
_NEIGHBOURS = 10


@dataclass(frozen=True)
class Ground:
    """The sounds a map was laid with: values (n, components) float32, places (n, 2) float64."""

    projection: Projection
    values: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, places: np.ndarray, settings: MapSettings) -> Ground:
        """vectors (n, size) float32, n at least 1."""
        projection = Projection.of(vectors, settings.components)
        return cls(projection, projection.apply(vectors), places)

    def place(self, vectors: np.ndarray, progress: MapProgress) -> np.ndarray:
        """vectors (m, size) float32 → places (m, 2) float64; of each whatever else is placed."""
        count = min(_NEIGHBOURS, len(self.values))
        found, _ = nearest(self.projection.apply(vectors), self.values, count, progress.advance)
        return np.asarray(np.median(self.places[found], axis=1))
