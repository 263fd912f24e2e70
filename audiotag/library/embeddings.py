"""The embeddings of all tracks, in chunks: what searches a library reads no more of its rows than these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audiotag.library.records import StoredModel
from audiotag.library.rows import MODEL_COLUMNS, model_of
from audiotag.library.store import Store

# Rows at a time: 8 MB of float32 at 512 numbers, however large the library.
CHUNK_ROWS = 4096
# Values in one statement: as many as SQLite surely takes.
_GIVEN = 500


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
    return _space(store, found[0]) if found else None


def space_of(store: Store, number: int) -> Space | None:
    """That of the model with this number; None where no track has an embedding of it."""
    found = store.execute(f"SELECT id, {MODEL_COLUMNS} FROM models WHERE id = ?", (number,))
    return _space(store, found[0]) if found else None


def _space(store: Store, row: tuple[Any, ...]) -> Space | None:
    """row: the number of the model's row, and MODEL_COLUMNS."""
    sizes = store.execute(
        "SELECT length(embedding) FROM tracks WHERE model = ? AND embedding IS NOT NULL LIMIT 1", (row[0],)
    )
    return Space(model_of(row[1:]), int(row[0]), sizes[0][0] // 2) if sizes else None


@dataclass(frozen=True)
class Stored:
    """As they are kept. rows (n,) int64; halves (n, size) float16; more: the n values of each further
    column."""

    rows: np.ndarray
    halves: np.ndarray
    more: tuple[tuple[Any, ...], ...]


def embeddings(store: Store, space: Space, missing: bool = False) -> Iterator[Chunk]:
    """All of that space, in order of their rows. Tracks of an older model are not among them, nor embeddings
    that have no direction (all zero, or not finite), nor, but with `missing`, files that are gone."""
    for stored in stored_embeddings(store, space, missing=missing):
        unit, whole = unit_vectors(stored.halves)
        if whole.any():
            yield Chunk(stored.rows[whole], unit[whole])


def stored_embeddings(
    store: Store, space: Space, columns: Sequence[str] = (), missing: bool = False
) -> Iterator[Stored]:
    """The same without a look at the numbers, and with further columns of `tracks`."""
    after = -1
    query = (
        f"SELECT {', '.join(('rowid', 'embedding', *columns))} FROM tracks "
        "WHERE rowid > ? AND model = ? AND length(embedding) = ? "
        f"AND (? OR NOT missing) ORDER BY rowid LIMIT {CHUNK_ROWS}"
    )
    while found := store.execute(query, (after, space.number, 2 * space.size, missing)):
        after = found[-1][0]
        yield _stored(found, space)


def stored_of_rows(
    store: Store, space: Space, rows: Sequence[int] | np.ndarray, columns: Sequence[str] = ()
) -> Iterator[Stored]:
    """Those of these rows that are of that space, in chunks, missing files too."""
    for some, marks in in_parts(rows):
        found = store.execute(
            f"SELECT {', '.join(('rowid', 'embedding', *columns))} FROM tracks WHERE rowid IN ({marks}) "
            "AND model = ? AND length(embedding) = ? ORDER BY rowid",
            (*some, space.number, 2 * space.size),
        )
        if found:
            yield _stored(found, space)


def vectors_of_rows(store: Store, space: Space, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """(n, size) float32 of length 1, in the order given; all zero where there is none, or none with a
    direction."""
    found: dict[int, np.ndarray] = {}
    for stored in stored_of_rows(store, space, rows):
        unit, whole = unit_vectors(stored.halves)
        found |= dict(zip(stored.rows[whole].tolist(), unit[whole], strict=True))
    nowhere = np.zeros(space.size, np.float32)
    return np.stack([nowhere, *(found.get(int(row), nowhere) for row in rows)])[1:]


def _stored(found: list[tuple[Any, ...]], space: Space) -> Stored:
    rows, blobs, *more = zip(*found, strict=True)
    halves = np.frombuffer(b"".join(blobs), "<f2").reshape(len(rows), space.size)
    return Stored(np.array(rows, np.int64), halves, tuple(more))


def unit_vectors(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, size) → the same float32 of length 1, and which (n,) have a direction at all."""
    values = vectors.astype(np.float32)
    with np.errstate(all="ignore"):  # of infinite ones it says so in its answer
        lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
    whole = np.isfinite(lengths) & (lengths > 0)
    values /= np.where(whole, lengths, 1)[:, None]
    return values, whole


def paths_of_rows(store: Store, rows: Sequence[int] | np.ndarray) -> dict[int, bytes]:
    """The paths of tracks by their rows' numbers."""
    found: dict[int, bytes] = {}
    for some, marks in in_parts(rows):
        found |= dict(store.execute(f"SELECT rowid, path FROM tracks WHERE rowid IN ({marks})", some))
    return found


def in_parts(keys: Sequence[int] | Sequence[bytes] | np.ndarray) -> Iterator[tuple[list[Any], str]]:
    """Rows' numbers or paths: as many as one statement takes, and their marks in it."""
    for first in range(0, len(keys), _GIVEN):
        some = [key if isinstance(key, bytes) else int(key) for key in keys[first : first + _GIVEN]]
        yield some, ", ".join("?" * len(some))
