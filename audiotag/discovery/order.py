"""An order in which tracks flow into one another: a short way through their embeddings.

Within a block of a few thousand that lie together it is found by way.py, which looks at every pair of them.
More than that are parted into blocks, the blocks ordered by their middles in the same manner, and each begun
at the end that lies nearer to where the one before it ended: time grows with the number of tracks, not with
its square.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiotag.discovery.way import short_way
from audiotag.library.embeddings import Space, embeddings
from audiotag.library.store import Store

# Numbers of an embedding that are kept: of 512, those in which the library differs most. On FMA's tracks
# the way through 128 is a hundredth longer than through all, and takes a quarter of the time and room.
_KEPT = 128
# Tracks from which it is learnt in which they differ.
_LEARNT_FROM = 20_000
# Points of which every pair is looked at; seconds of work, and some 20 MB at any time.
_BLOCK = 6_144


class Flow:
    """The order of a library's tracks, for any part of it: what is kept of each embedding takes 256 bytes."""

    def __init__(self, store: Store, space: Space) -> None:
        directions = _directions(store, space)
        rows, kept = [np.empty(0, np.int64)], [np.empty((0, directions.shape[1]), np.float16)]
        for chunk in embeddings(store, space):
            rows.append(chunk.rows)
            kept.append((chunk.vectors @ directions).astype(np.float16))
        self._rows, self._kept = np.concatenate(rows), np.concatenate(kept)

    def order(self, rows: Sequence[int]) -> list[int]:
        """Tracks by their rows' numbers → the same in an order in which they flow into one another. Those of
        which there is no embedding come last, as they came."""
        asked = np.array(rows, np.int64)
        places = np.searchsorted(self._rows, asked)
        known = np.zeros(len(asked), bool)
        inside = places < len(self._rows)
        known[inside] = self._rows[places[inside]] == asked[inside]
        way = flowing(self._kept[places[known]].astype(np.float32))
        return [*asked[known][way].tolist(), *asked[~known].tolist()]


def _directions(store: Store, space: Space) -> np.ndarray:
    """In which a library's embeddings differ most, (size, kept) float32: their first principal components."""
    total, products, count = np.zeros(space.size), np.zeros((space.size, space.size)), 0
    (tracks,) = store.execute("SELECT count(*) FROM tracks WHERE model = ?", (space.number,))[0]
    every, seen = max(1, tracks // _LEARNT_FROM), 0
    for chunk in embeddings(store, space):
        some = chunk.vectors[-seen % every :: every].astype(np.float64)
        seen += len(chunk.vectors)
        total, products, count = total + some.sum(axis=0), products + some.T @ some, count + len(some)
    mean = total / max(count, 1)
    _values, directions = np.linalg.eigh(products / max(count, 1) - np.outer(mean, mean))
    return np.ascontiguousarray(directions[:, ::-1][:, :_KEPT], np.float32)


def flowing(vectors: np.ndarray) -> np.ndarray:
    """Vectors (n, size), such as the embeddings of n tracks → an order in which each is near to the
    next: (n,) int64, each number once. The same vectors give the same order."""
    points = np.ascontiguousarray(vectors, np.float32)
    if len(points) <= _BLOCK:
        return short_way(points)
    blocks = _blocks(points)
    middles = np.stack([points[block].mean(axis=0) for block in blocks])
    order: list[np.ndarray] = []
    for number in flowing(middles):
        block = blocks[number]
        way = block[short_way(points[block])]
        if order and _apart(points, order[-1][-1], way[-1]) < _apart(points, order[-1][-1], way[0]):
            way = way[::-1]
        order.append(way)
    return np.concatenate(order)


def _apart(points: np.ndarray, one: int, other: int) -> float:
    return float(np.linalg.norm(points[one] - points[other]))


def _blocks(points: np.ndarray) -> list[np.ndarray]:
    """The points halved across the direction in which they differ most, and the halves again, until they
    are small enough. Each block is in the order of the points."""
    blocks, larger = [], [np.arange(len(points))]
    while larger:
        block = larger.pop()
        if len(block) <= _BLOCK:
            blocks.append(block)
            continue
        ranked = block[np.argsort(_along(points[block]), kind="stable")]
        half = len(block) // 2
        larger += [np.sort(ranked[half:]), np.sort(ranked[:half])]
    return blocks


def _along(points: np.ndarray) -> np.ndarray:
    """Where each point lies along the direction in which they differ most, (n,)."""
    centred = points - points.mean(axis=0)
    _values, directions = np.linalg.eigh(centred.T @ centred)
    along = np.asarray(centred @ directions[:, -1])
    # Of a direction there are two signs, and which one comes out is chance.
    return along if along[np.abs(along).argmax()] > 0 else -along
