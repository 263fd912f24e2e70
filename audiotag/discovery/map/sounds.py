"""Which sounds the map is of: each once, however many files have it, in an order that no rename changes."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audiotag.library.embeddings import Space, embeddings
from audiotag.library.store import Store

# How a file is known on the map, see map_points in library/schema.py.
SOUND = "coalesce(fingerprint, path)"


@dataclass(frozen=True)
class Sounds:
    """keys: of n sounds, in order. rows (n,) int64: of each the track whose embedding stands for it."""

    keys: list[bytes]
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.keys)

    def at(self, positions: list[int]) -> Sounds:
        """Some of them."""
        return Sounds([self.keys[position] for position in positions], self.rows[positions])


def known_sounds(store: Store, space: Space) -> Sounds:
    """Those of the tracks whose files are there and that have an embedding of that space."""
    chunks = [chunk.rows for chunk in embeddings(store, space)]
    whole = np.concatenate([np.zeros(0, np.int64), *chunks])
    found = store.execute(
        f"SELECT {SOUND}, rowid FROM tracks WHERE model = ? AND NOT missing AND embedding IS NOT NULL "
        "ORDER BY 1, path",
        (space.number,),
    )
    rows = np.array([row for _, row in found], np.int64)
    keys: list[bytes] = []
    first: list[int] = []
    for (key, row), usable in zip(found, np.isin(rows, whole).tolist(), strict=True):
        if usable and (not keys or keys[-1] != key):
            keys.append(key)
            first.append(row)
    return Sounds(keys, np.array(first, np.int64))


def count_of(store: Store, number: int) -> int:
    """How many sounds of files that are there have an embedding of the model with this number."""
    ((count,),) = store.execute(
        f"SELECT count(DISTINCT {SOUND}) FROM tracks "
        "WHERE model = ? AND NOT missing AND embedding IS NOT NULL",
        (number,),
    )
    return int(count)


def some_of(sounds: Sounds, count: int) -> tuple[Sounds, Sounds]:
    """At most `count` of them, drawn by the sounds themselves: the same whatever else is known of them;
    and the others."""
    if len(sounds) <= count:
        return sounds, sounds.at([])
    lots = ((hashlib.sha256(key).digest(), position) for position, key in enumerate(sounds.keys))
    drawn = sorted(position for _, position in heapq.nsmallest(count, lots))
    others = np.setdiff1d(np.arange(len(sounds)), drawn)
    return sounds.at(drawn), sounds.at(others.tolist())


def vectors_of(store: Store, space: Space, rows: np.ndarray) -> np.ndarray:
    """rows (n,) int64, each once → their unit vectors (n, size) float32, in that order; of a row that has
    gone meanwhile zeros. It takes no more memory than the answer."""
    vectors = np.zeros((len(rows), space.size), np.float32)
    for positions, some in vectors_in_chunks(store, space, rows):
        vectors[positions] = some
    return vectors


def vectors_in_chunks(
    store: Store, space: Space, rows: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same bit by bit, in the library's order: positions (m,) in `rows`, vectors (m, size)."""
    order = np.argsort(rows)
    ordered = rows[order]
    for chunk in embeddings(store, space, missing=True):
        wanted = np.isin(chunk.rows, ordered)
        if wanted.any():
            yield order[np.searchsorted(ordered, chunk.rows[wanted])], chunk.vectors[wanted]
