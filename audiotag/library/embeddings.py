"""The embeddings of all tracks, in chunks: what searches a library reads no more of its rows than these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from audiotag.library.records import StoredModel
from audiotag.library.rows import MODEL_COLUMNS, model_of
from audiotag.library.store import Store

# Rows at a time: 8 MB of float32 at 512 numbers, however large the library.
CHUNK_ROWS = 4096


@dataclass(frozen=True)
class Space:
    """Embeddings are alike in their meaning only where one model made them. model: that one; number:
    of its row; size: of an embedding."""

    model: StoredModel
    number: int
    size: int


@dataclass(frozen=True)
class Chunk:
    """rows (n,) int64: the tracks' numbers, see `paths_of_rows`. vectors (n, size) float32, of length 1."""

    rows: np.ndarray
    vectors: np.ndarray


def latest_space(store: Store) -> Space | None:
    """That of the model that was used last; None where no track has an embedding of it."""
    found = store.execute(
        f"SELECT id, {MODEL_COLUMNS} FROM models "
        "WHERE EXISTS (SELECT 1 FROM tracks WHERE model = models.id) ORDER BY used DESC LIMIT 1"
    )
    if not found:
        return None
    number = int(found[0][0])
    sizes = store.execute(
        "SELECT length(embedding) FROM tracks WHERE model = ? AND embedding IS NOT NULL LIMIT 1", (number,)
    )
    return Space(model_of(found[0][1:]), number, sizes[0][0] // 2) if sizes else None


def embeddings(store: Store, space: Space, missing: bool = False) -> Iterator[Chunk]:
    """All of that space, in order of their rows. Tracks of an older model are not among them, nor embeddings
    that have no direction (all zero, or not finite), nor, but with `missing`, files that are gone."""
    after = -1
    query = (
        "SELECT rowid, embedding FROM tracks WHERE rowid > ? AND model = ? AND length(embedding) = ? "
        f"AND (? OR NOT missing) ORDER BY rowid LIMIT {CHUNK_ROWS}"
    )
    while found := store.execute(query, (after, space.number, 2 * space.size, missing)):
        after = found[-1][0]
        rows = np.array([row for row, _ in found], np.int64)
        halves = np.frombuffer(b"".join(blob for _, blob in found), "<f2").reshape(len(rows), space.size)
        unit, whole = unit_vectors(halves)
        if whole.any():
            yield Chunk(rows[whole], unit[whole])


def unit_vectors(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, size) → the same float32 of length 1, and which (n,) have a direction at all."""
    values = vectors.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
    whole = np.isfinite(lengths) & (lengths > 0)
    values /= np.where(whole, lengths, 1)[:, None]
    return values, whole


def paths_of_rows(store: Store, rows: Sequence[int]) -> dict[int, bytes]:
    """The paths of tracks by their rows' numbers."""
    found: dict[int, bytes] = {}
    for first in range(0, len(rows), 500):  # SQLite takes so many values in one statement, and more
        some = [int(row) for row in rows[first : first + 500]]
        marks = ", ".join("?" * len(some))
        found |= dict(store.execute(f"SELECT rowid, path FROM tracks WHERE rowid IN ({marks})", some))
    return found
