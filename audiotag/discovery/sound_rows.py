"""Every track that has been heard, in a few numbers each, and which of them have the same sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from audiotag.discovery.sieve import is_among
from audiotag.library.embeddings import CHUNK_ROWS
from audiotag.library.store import Store
from audiotag.library.walk import ranges_of

_MARK = 16  # bytes of a fingerprint


@dataclass
class SoundRows:
    """Tracks by number, in the order of their rows. rows (n,) int64; durations (n,) seconds; place (n,): of
    each in the order of paths. sound (n,): the number of the first track, by path, that has the same
    sound."""

    rows: np.ndarray
    durations: np.ndarray
    place: np.ndarray
    sound: np.ndarray
    _by_sound: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._by_sound = np.lexsort((self.place, self.sound))

    def firsts(self) -> np.ndarray:
        """The numbers of the first track of each sound, in order."""
        return np.flatnonzero(self.sound == np.arange(len(self.sound)))

    def copied_sounds(self) -> list[int]:
        """The first tracks of sounds that are there more than once."""
        found: list[int] = np.flatnonzero(np.bincount(self.sound, minlength=len(self.sound)) > 1).tolist()
        return found

    def copies(self, first: int) -> list[int]:
        """All tracks with that sound, in order of path: `first` comes first."""
        begin, end = (
            np.searchsorted(self.sound, first, side, sorter=self._by_sound) for side in ("left", "right")
        )
        found: list[int] = self._by_sound[begin:end].tolist()
        return found


def read_sounds(store: Store, under: Sequence[bytes]) -> SoundRows:
    """Tracks at or below absolute paths, or all: those with a prediction whose files are not gone."""
    by_path = np.concatenate([np.empty(0, np.int64), *rows_below(store, under)])
    place = np.argsort(by_path)
    listed = by_path[place]
    rows, durations, marks = [np.empty(0, np.int64)], [np.empty(0)], [np.empty((0, 2), np.uint64)]
    for found in _pages(store):
        numbers = np.array([row for row, _, _ in found], np.int64)
        asked = is_among(numbers, listed)
        rows.append(numbers[asked])
        durations.append(np.array([seconds for _, seconds, _ in found], float)[asked])
        marks.append(_marks([mark for _, _, mark in found])[asked])
    all_rows = np.concatenate(rows)
    places = place[np.searchsorted(listed, all_rows)] if len(all_rows) else np.empty(0, np.int64)
    return SoundRows(all_rows, np.concatenate(durations), places, _sounds(np.concatenate(marks), places))


def rows_below(store: Store, under: Sequence[bytes]) -> Iterator[np.ndarray]:
    """The rows at or below absolute paths, or all, in order of path, (n,) int64 at a time."""
    query = f"SELECT rowid, path FROM tracks WHERE path >= ? AND path < ? ORDER BY path LIMIT {CHUNK_ROWS}"
    for first, end in ranges_of(under):
        while found := store.execute(query, (first, end)):
            yield np.array([row for row, _ in found], np.int64)
            first = found[-1][1] + b"\0"  # the least that comes after it


def _pages(store: Store) -> Iterator[list[tuple[int, float, bytes | None]]]:
    after = -1
    query = (
        "SELECT rowid, duration, fingerprint FROM tracks WHERE rowid > ? AND status = 'ok' AND NOT missing "
        f"AND duration IS NOT NULL ORDER BY rowid LIMIT {CHUNK_ROWS}"
    )
    while found := store.execute(query, (after,)):
        after = found[-1][0]
        yield found


def _marks(fingerprints: list[bytes | None]) -> np.ndarray:
    """(n, 2) uint64; two zeros where there is none."""
    none = bytes(_MARK)
    whole = [none if mark is None or len(mark) != _MARK else mark for mark in fingerprints]
    return np.frombuffer(b"".join(whole), np.uint64).reshape(-1, 2)


def _sounds(marks: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(n, 2) fingerprints → (n,) the number of the first by place with the same one."""
    sound = np.arange(len(marks))
    marked = np.flatnonzero(marks.any(axis=1))
    order = marked[np.lexsort((place[marked], marks[marked, 1], marks[marked, 0]))]
    if len(order):
        is_first = np.ones(len(order), bool)
        is_first[1:] = (marks[order[1:]] != marks[order[:-1]]).any(axis=1)
        sound[order] = order[np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))]
    return sound
