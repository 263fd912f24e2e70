"""The nearest of many vectors: all are looked at, in blocks, so that it is exact and memory bounded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Numbers in a block of distances: 32 MB of float32, and twice that of positions.
_BLOCK = 8_000_000


def nearest(
    wanted: np.ndarray, among: np.ndarray, count: int, advance: Callable[[int], None], selves: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """wanted (m, size), among (n, size) float32 → of each wanted one the `count` nearest: their positions
    (m, count) int64, nearest first (of two as near the one that comes first), and distances float32.

    selves: both are the same vectors, and none is its own neighbour. advance: told how many are done.
    """
    squares = np.einsum("ij,ij->i", among, among)
    positions = np.empty((len(wanted), count), np.int64)
    distances = np.empty((len(wanted), count), np.float32)
    step = max(1, _BLOCK // max(1, len(among)))
    for start in range(0, len(wanted), step):
        block = wanted[start : start + step]
        # Without the wanted ones' own squares, which change no order.
        apart = block @ among.T
        apart *= -2
        apart += squares
        if selves:
            apart[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        found = np.argpartition(apart, count - 1, axis=1)[:, :count]
        found.sort(axis=1)
        near = np.take_along_axis(apart, found, axis=1)
        order = np.argsort(near, axis=1, kind="stable")
        positions[start : start + step] = np.take_along_axis(found, order, axis=1)
        own = np.einsum("ij,ij->i", block, block)[:, None]
        squared = np.take_along_axis(near, order, axis=1) + own
        distances[start : start + step] = np.sqrt(np.maximum(squared, 0))
        advance(len(block))
    return positions, distances
