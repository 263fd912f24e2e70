"""Paths of tracks in an order of one's own, sorted by SQLite: however many there are, memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audiotag.library.store import Store

# Rows at a time.
_PAGE = 1_000
# A text, a number or nothing.
Key = str | float | None
_KEYS = 4


class PathsInOrder:
    """Parcels of paths, each sorted by keys and then by path. `name` is that of its temporary tables: there
    may be one of a name at a time. All `add` comes first."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name
        self._waiting: list[Sequence[object]] = []
        self._is_sorted = False
        for table in (name, f"{name}_sorted"):
            store.execute(f"DROP TABLE IF EXISTS temp.{table}")
        keys = ", ".join(f"key{number}" for number in range(_KEYS))
        store.execute(f"CREATE TEMP TABLE {name} (parcel INTEGER, {keys}, path BLOB)")
        store.execute(
            f"CREATE TEMP TABLE {name}_sorted (number INTEGER PRIMARY KEY, parcel INTEGER, path BLOB)"
        )

    def add(self, parcel: int, keys: Sequence[Key], path: bytes) -> None:
        """Take a path; up to four keys, the first of them counts most. Nothing comes before anything."""
        self._waiting.append((parcel, *keys, *[None] * (_KEYS - len(keys)), path))
        if len(self._waiting) >= _PAGE:
            self._put()

    def count(self, parcel: int) -> int:
        """How many paths are in a parcel."""
        self._sort()
        query = f"SELECT count(*) FROM temp.{self._name}_sorted WHERE parcel = ?"
        return int(self._store.execute(query, (parcel,))[0][0])

    def paths(self, parcel: int, backwards: bool = False) -> Iterator[bytes]:
        """Those of a parcel in their order."""
        self._sort()
        sign, order, number = ("<", "DESC", (1 << 63) - 1) if backwards else (">", "ASC", 0)
        query = (
            f"SELECT number, path FROM temp.{self._name}_sorted WHERE parcel = ? AND number {sign} ? "
            f"ORDER BY number {order} LIMIT {_PAGE}"
        )
        while rows := self._store.execute(query, (parcel, number)):
            yield from (path for _number, path in rows)
            number = rows[-1][0]

    def _put(self) -> None:
        marks = ", ".join("?" * (_KEYS + 2))
        self._store.execute_many(f"INSERT INTO temp.{self._name} VALUES ({marks})", self._waiting)
        self._waiting = []

    def _sort(self) -> None:
        if self._is_sorted:
            return
        self._put()
        keys = ", ".join(f"key{number}" for number in range(_KEYS))
        self._store.execute(
            f"INSERT INTO temp.{self._name}_sorted (parcel, path) SELECT parcel, path "
            f"FROM temp.{self._name} ORDER BY parcel, {keys}, path"
        )
        self._store.execute(
            f"CREATE INDEX temp.{self._name}_by_parcel ON {self._name}_sorted (parcel, number)"
        )
        self._store.execute(f"DROP TABLE temp.{self._name}")
        self._is_sorted = True
