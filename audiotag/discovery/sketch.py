"""Embeddings in few numbers, from which it is certain which pairs cannot be near.

A sketch is the embedding as seen from where a library's embeddings differ most: its shadow on a few axes at
right angles. A shadow is never farther from another than the thing itself, so that no near pair is
overlooked.
"""

from __future__ import annotations

import numpy as np

from audiotag.library.embeddings import Space, stored_embeddings, stored_of_rows, unit_vectors
from audiotag.library.store import Store

# Numbers a sketch: 128 bytes a track.
SIZE = 32
# Tracks from which the axes are found.
_SAMPLE = 4096
# What 32 bits lose.
_SLACK = 1e-3


def sketch_all(store: Store, space: Space, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of tracks, int64 in order: (n, SIZE) float32, and which (n,) have an embedding of that space at all."""
    axes = _axes(store, space, rows)
    sketches = np.zeros((len(rows), axes.shape[1]), np.float32)
    known = np.zeros(len(rows), bool)
    for stored in stored_embeddings(store, space):
        unit, whole = unit_vectors(stored.halves)
        places = np.minimum(np.searchsorted(rows, stored.rows), max(len(rows) - 1, 0))
        whole &= rows[places] == stored.rows if len(rows) else False
        sketches[places[whole]] = unit[whole] @ axes
        known[places[whole]] = True
    return sketches, known


def may_be_near(some: np.ndarray, others: np.ndarray, cosine: float) -> np.ndarray:
    """(n, size), (m, size) sketches → (n, m) bool: False where the embeddings' cosine is certainly below
    that."""
    limit = 2 - 2 * cosine + _SLACK  # the square of the distance
    squares = np.square(some).sum(axis=1)[:, None], np.square(others).sum(axis=1)[:, None]
    ones = np.ones_like(squares[0]), np.ones_like(squares[1])
    # |a - b|² = |a|² + |b|² - 2ab, as one product.
    left = np.hstack([-2 * some, squares[0], ones[0]])
    right = np.hstack([others, ones[1], squares[1]])
    near: np.ndarray = left @ right.T <= limit
    return near


def _axes(store: Store, space: Space, rows: np.ndarray) -> np.ndarray:
    """(size, SIZE), at right angles and of length 1: those on which a sample differs most."""
    sample = rows[:: max(1, len(rows) // _SAMPLE)]
    chunks = [unit_vectors(stored.halves) for stored in stored_of_rows(store, space, sample.tolist())]
    vectors = np.concatenate(
        [np.zeros((1, space.size), np.float32), *(unit[whole] for unit, whole in chunks)]
    )
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)  # the largest come last
    return axes[:, -SIZE:].astype(np.float32)
