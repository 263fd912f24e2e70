"""What the library keeps of its map: how it was laid, and each sound's place on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from audiotag.discovery.map.sounds import SOUND, Sounds
from audiotag.errors import LibraryLockedError, StoreError
from audiotag.library.embeddings import Space, in_parts
from audiotag.library.store import Store
from audiotag.library.walk import ranges_of

Point = tuple[float, float]
# The tracks that lie on the map: those whose files are there and of which some model said something, be it
# not the one whose embeddings the map was laid from.
_ON_THE_MAP = f"tracks JOIN map_points ON sound = {SOUND} WHERE NOT missing AND model IS NOT NULL"

# For a library that cannot be written just now: SQLite finds a temporary table before one of the file.
_TEMPORARY = (
    "CREATE TEMP TABLE map AS SELECT * FROM main.map",
    "CREATE TEMP TABLE map_points (sound BLOB PRIMARY KEY, x REAL, y REAL, placed INTEGER)",
    "INSERT INTO temp.map_points SELECT * FROM main.map_points",
)


@dataclass(frozen=True)
class KeptMap:
    """number: another one each time that a map is laid. model: the number of the space it was laid from."""

    number: int
    model: int


@dataclass(frozen=True)
class Points:
    """sounds: n of them. places (n, 2) float64: where they lie."""

    sounds: Sounds
    places: np.ndarray

    def rows(self, placed: int) -> Iterator[tuple[bytes, float, float, int]]:
        """Those of the table."""
        for key, (x, y) in zip(self.sounds.keys, self.places.tolist(), strict=True):
            yield key, x, y, placed


def kept_map(store: Store) -> KeptMap | None:
    """That of an open library; None where none has been laid."""
    found = store.execute("SELECT id, model FROM map")
    return KeptMap(*found[0]) if found else None


def laid_points(store: Store, space: Space) -> Points:
    """The sounds that the map was laid with, of those that the library still has, and where they lie."""
    found = store.execute(
        f"SELECT sound, min(tracks.rowid), x, y FROM map_points JOIN tracks ON {SOUND} = sound "
        "WHERE NOT placed AND model = ? AND length(embedding) = ? GROUP BY sound ORDER BY sound",
        (space.number, 2 * space.size),
    )
    sounds = Sounds([key for key, *_ in found], np.array([row for _, row, *_ in found], np.int64))
    return Points(sounds, np.array([place for *_, x, y in found for place in (x, y)]).reshape(-1, 2))


def without_point(store: Store, sounds: Sounds) -> Sounds:
    """Those that are not on the map."""
    known = {key for (key,) in store.execute("SELECT sound FROM map_points")}
    return sounds.at([position for position, key in enumerate(sounds.keys) if key not in known])


def check_points(store: Store) -> None:
    """Raises StoreError where the kept map holds something that is no number."""
    if store.execute("SELECT 1 FROM map_points WHERE typeof(x) <> 'real' OR typeof(y) <> 'real' LIMIT 1"):
        raise StoreError(
            f"{store.path}: its map is damaged, a point of it is no number; "
            "'audiotag report --html FILE --remap' lays it anew"
        )


def points_of(store: Store, paths: Sequence[bytes]) -> dict[bytes, Point]:
    """Where those of these tracks lie that are on the map."""
    found: dict[bytes, Point] = {}
    for some, marks in in_parts(paths):
        rows = store.execute(f"SELECT path, x, y FROM {_ON_THE_MAP} AND path IN ({marks})", some)
        found |= {path: (x, y) for path, x, y in rows}
    return found


def all_points(store: Store) -> Iterator[tuple[bytes, Point]]:
    """The path of each track on the map, and where it lies."""
    for path, x, y in store.execute(f"SELECT path, x, y FROM {_ON_THE_MAP}"):
        yield path, (x, y)


def corners_of(store: Store, under: Iterable[bytes] = ()) -> Iterator[Point]:
    """Of the tracks on the map at or below the absolute paths `under`, or all: two corners of the least
    rectangle that holds those below each path; what is infinite does not count."""
    query = (
        f"SELECT min(x), min(y), max(x), max(y) FROM {_ON_THE_MAP} "
        "AND path >= ? AND path < ? AND abs(x) < 9e999 AND abs(y) < 9e999"
    )
    for first, end in ranges_of(under):
        ((left, top, right, bottom),) = store.execute(query, (first, end))
        if left is not None:
            yield left, top
            yield right, bottom


def keep_laid(
    store: Store, space: Space, settings: Mapping[str, object], laid: Points, placed: Points
) -> str | None:
    """Keep a new map in place of what there is, as a whole; see `_keep`."""
    values = (space.number, json.dumps(settings), datetime.now(timezone.utc).isoformat(timespec="seconds"))

    def write(into: Store) -> None:
        found = into.execute("SELECT id FROM map")
        into.execute("DELETE FROM map")
        into.execute("DELETE FROM map_points")
        into.execute(
            "INSERT INTO map (id, model, settings, laid_at) VALUES (?, ?, ?, ?)",
            (found[0][0] + 1 if found else 1, *values),
        )
        _insert(into, laid, 0)
        _insert(into, placed, 1)

    return _keep(store, write)


def keep_placed(store: Store, base: KeptMap, placed: Points) -> str | None:
    """Keep more points of the map `base`, and none of sounds that the library has no more; see `_keep`."""

    def write(into: Store) -> None:
        if kept_map(into) != base:
            raise StoreError(f"{into.path}: another run has laid the map anew meanwhile")
        into.execute(f"DELETE FROM map_points WHERE sound NOT IN (SELECT {SOUND} FROM tracks)")
        _insert(into, placed, 1)

    return _keep(store, write)


def _insert(store: Store, points: Points, placed: int) -> None:
    store.execute_many("INSERT OR REPLACE INTO map_points VALUES (?, ?, ?, ?)", points.rows(placed))


def _keep(store: Store, write: Callable[[Store], None]) -> str | None:
    """Let `write` change the library's file, in one transaction. Where that cannot be it changes what this
    open store reads, until it is closed; returns why, else None."""
    try:
        if store.writing:
            _in_one(store, write)
        else:
            with Store(store.path, write=True, create=False) as own:
                _in_one(own, write)
    except LibraryLockedError:
        why = "another run of audiotag holds the library"
    except StoreError as fault:
        why = str(fault)
    else:
        for table in ("map", "map_points"):
            store.execute(f"DROP TABLE IF EXISTS temp.{table}")
        return None
    if not store.execute("SELECT 1 FROM sqlite_temp_master WHERE name = 'map_points'"):
        for statement in _TEMPORARY:
            store.execute(statement)
    _in_one(store, write)
    return why


def _in_one(store: Store, write: Callable[[Store], None]) -> None:
    with store.transaction():
        write(store)
