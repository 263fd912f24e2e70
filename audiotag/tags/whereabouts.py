"""Where the files now lie that a run wrote.

Most lie where they were written. The others are looked for once all have been seen, for songs
that exchanged their names lie in each other's places. What is open lies in temporary tables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from audiotag.errors import TagReadError
from audiotag.library.store import Store
from audiotag.library.walk import ranges_of
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.inodes import Inodes
from audiotag.tags.safewrite.journal import MAY_BE_DONE, Journal
from audiotag.tags.safewrite.journal_rows import Write, WrittenFile
from audiotag.tags.written_files import NOWHERE, WrittenFiles, the_only_way

GONE = "no longer there"
REPLACED = "another recording lies there now"
A_COPY = "there are copies of it; which one was written cannot be told"
UNSURE = "changed since, and an older audiotag did not note its sound"
OUTSIDE = "it lies elsewhere now, where nothing was asked for"

_PAGE = 200


@dataclass(frozen=True)
class Place:
    """Where the file of a write lies; a reason instead if that is nowhere.

    sound: its fingerprint, if it was taken.
    """

    write: Write
    path: bytes
    reason: str = ""
    sound: bytes | None = None


# Called before a path, and the fingerprint of what lies there, are judged; None before all may be.
Before = Callable[[bytes, bytes | None], None]


def find_written(
    store: Store, run: int, under: Sequence[bytes], before: Before | None = None
) -> Iterator[Place]:
    """The file of each write of a run, if it was written, or lies now, at or below `under`.

    One after the other, those that lie where they were first; files may be written meanwhile.
    """
    search = _Search(store, run, under, before)
    yield from search.in_place()
    yield from search.elsewhere()
    yield from search.from_outside()


class _Search:
    def __init__(self, store: Store, run: int, under: Sequence[bytes], before: Before | None) -> None:
        self._store, self._run = store, run
        self._before = before or _no_matter
        self._journal, self._files = Journal(store), WrittenFiles(store)
        self._ranges = list(ranges_of(under))
        self._inodes = Inodes(store)
        for name in ("sought", "strangers"):
            store.execute(f"DROP TABLE IF EXISTS temp.{name}")
        # As they are now: a write that follows a moved file changes its path in the journal.
        store.execute("CREATE TEMP TABLE sought (number INTEGER PRIMARY KEY, id INTEGER UNIQUE, lost TEXT)")
        store.execute(
            "CREATE TEMP TABLE strangers (path BLOB PRIMARY KEY, sound BLOB NOT NULL, taken INTEGER)"
        )
        for first, end in self._ranges:
            store.execute(
                "INSERT INTO temp.sought (id) SELECT id FROM writes "
                f"WHERE run = ? AND path >= ? AND path < ? AND {MAY_BE_DONE} ORDER BY path, id",
                (run, first, end),
            )
        for path in under:
            if os.path.isfile(path) and (sound := fingerprint(path)) is not None:
                self._meet(path, sound)

    def in_place(self) -> Iterator[Place]:
        """Those that lie where they were written; of the others it is noted what lies there."""
        for write in self._sought("true"):
            reason, sound = self._look(write)
            if reason:
                self._store.execute("UPDATE temp.sought SET lost = ? WHERE id = ?", (reason, write.id))
            else:
                yield Place(write, write.path, sound=sound)

    def elsewhere(self) -> Iterator[Place]:
        """The others, wherever they are found, or why they are not."""
        self._store.execute("CREATE INDEX temp.strangers_by_sound ON strangers (sound)")
        for write in self._sought("lost IS NOT NULL"):
            self._before(write.path, None)
            path = self._find(write)
            if path is None:
                yield Place(write, write.path.removesuffix(NOWHERE), self._reason(write))
            elif self._is_asked_for(path):
                yield Place(write, path)
            else:
                yield Place(write, write.path, OUTSIDE)

    def from_outside(self) -> Iterator[Place]:
        """What was written at another place and has been moved to one that is asked for."""
        query = (
            "SELECT path, sound FROM temp.strangers WHERE path > ? AND taken IS NULL ORDER BY path LIMIT ?"
        )
        last = b""
        while rows := self._store.execute(query, (last, _PAGE)):
            for path, sound in rows:
                self._before(path, None)
                owner = self._files.owner(path, sound)
                if owner is not None:
                    yield from (Place(write, path) for write in self._of_run(owner, sound))
            last = rows[-1][0]

    def _look(self, write: Write) -> tuple[str, bytes | None]:
        """What is the matter with the place where a write was made, "" if its file lies there; and the
        fingerprint of what does."""
        if write.path.endswith(NOWHERE):
            return A_COPY, None
        if not os.path.isfile(write.path):
            return GONE, None
        sound = fingerprint(write.path)
        self._before(write.path, sound if write.record.sound is not None else None)
        return self._reason_at(write, sound), sound

    def _reason_at(self, write: Write, sound: bytes | None) -> str:
        if sound is None:
            return ""  # reading it will tell what is the matter
        if write.record.sound is None:
            with suppress(TagReadError):
                return "" if self._files.is_as_left(write.path, write) else UNSURE
            return UNSURE
        if self._owner(write.path, sound) == write.file:
            return ""
        self._meet(write.path, sound)
        return A_COPY if sound == write.record.sound else REPLACED

    def _meet(self, path: bytes, sound: bytes) -> None:
        """Note what lies at a path and was not written there."""
        self._store.execute("INSERT OR IGNORE INTO temp.strangers (path, sound) VALUES (?, ?)", (path, sound))

    def _find(self, write: Write) -> bytes | None:
        sound = write.record.sound
        known = {} if sound is None else {one.number: one for one in self._journal.written_files(sound)}
        file = known.get(write.file)
        if sound is None or file is None:
            return None
        query = "SELECT path FROM temp.strangers WHERE sound = ? AND taken IS NULL"
        strangers = [path for (path,) in self._store.execute(query, (sound,))]
        for path in self._candidates(file, sound, strangers):
            if fingerprint(path) == sound and self._owner(path, sound) == file.number:
                return self._take(path, write)
        # In the place of another song, where the library did not know it to be.
        new = [path for path in strangers if self._store.fingerprint_at(path) != sound]
        new = [path for path in new if self._owner(path, sound) is None]
        lost = [other for other in known.values() if fingerprint(other.path) != sound]
        places = [path for path in self._files.places(sound) if path not in new]
        if self._files.has_unwritten(sound) or any(fingerprint(path) == sound for path in places):
            return None  # it may be that one, or a copy of it
        way = the_only_way(file, lost, new)
        return None if way is None else self._take(way, write)

    def _candidates(self, file: WrittenFile, sound: bytes, strangers: list[bytes]) -> Iterator[bytes]:
        """Where a file may lie, the folders being read only if it is nowhere else."""
        yield from strangers
        yield from self._files.places(sound)
        yield from self._inodes.names_of(file.node)

    def _owner(self, path: bytes, sound: bytes) -> int | None:
        owner = self._files.owner(path, sound)
        return None if owner is None else owner.number

    def _take(self, path: bytes, write: Write) -> bytes:
        self._store.execute("UPDATE temp.strangers SET taken = ? WHERE path = ?", (write.id, path))
        return path

    def _reason(self, write: Write) -> str:
        return str(self._store.execute("SELECT lost FROM temp.sought WHERE id = ?", (write.id,))[0][0])

    def _of_run(self, file: WrittenFile, sound: bytes) -> list[Write]:
        """The run's writes of a file that have not been looked for."""
        rows = self._store.execute(
            "SELECT id FROM writes WHERE file = ? AND run = ? AND id NOT IN (SELECT id FROM temp.sought) "
            f"AND sound = ? AND {MAY_BE_DONE} ORDER BY id",
            (file.number, self._run, sound),
        )
        return self._journal.these([number for (number,) in rows])

    def _sought(self, condition: str) -> Iterator[Write]:
        query = f"SELECT number, id FROM temp.sought WHERE number > ? AND {condition} ORDER BY number LIMIT ?"
        last = 0
        while rows := self._store.execute(query, (last, _PAGE)):
            yield from self._journal.these([write for _number, write in rows])
            last = rows[-1][0]

    def _is_asked_for(self, path: bytes) -> bool:
        return any(first <= path < end for first, end in self._ranges)


def _no_matter(_path: bytes, _sound: bytes | None) -> None:
    pass
