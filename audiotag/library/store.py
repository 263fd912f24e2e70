"""The library: one SQLite file. Its faults come out by faults.py, as our own.

WAL with one writer, who holds a lock file for as long as it runs; readers come and go
meanwhile. Every row is committed as it comes, so a kill loses nothing that was stored.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from audiotag.errors import StoreError
from audiotag.library.connect import Reading, connect, connect_to_read
from audiotag.library.faults import sqlite_faults
from audiotag.library.lock import take_lock
from audiotag.library.migrate import check, migrate
from audiotag.library.records import KnownTags, StoredModel, Track
from audiotag.library.rows import (
    MODEL_COLUMNS,
    TRACK_COLUMNS,
    model_of,
    model_row,
    tag_columns,
    track_of,
    track_row,
)
from audiotag.library.schema import SCHEMA_VERSION
from audiotag.library.walk import ranges_of

# A file's size in bytes, and its mtime_ns.
Stamp = tuple[int, int]


class Store:
    """An open library; use as a context manager.

    wait: seconds to wait for another run that holds the library. create: make one where there
    is none, when `write` is asked for; else that is a StoreError. One that is only read may be one
    that may only be read, see connect.py. Raises StoreError when the file is foreign, damaged, too
    new or not writable, LibraryLockedError when another run holds it and it is to be written, be it
    only to bring an older library up to date.
    """

    def __init__(self, path: Path, write: bool, wait: float = 0.0, create: bool = True) -> None:
        self.path = path
        self._lock: int | None = None
        self._reading: Reading | None = None
        self._models: dict[int, StoredModel] = {}
        with sqlite_faults(path):
            if write and create:
                path.parent.mkdir(parents=True, exist_ok=True)
            elif not path.exists():
                raise StoreError(f"{path}: no library yet; run 'audiotag scan FOLDER' first")
            try:
                if write:
                    self._lock = take_lock(path, wait)
                self._open(write, wait)
            except BaseException:
                self._give_up()
                raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with sqlite_faults(self.path):
            changed = self._reading is not None and self._reading.changed()
        self.close()
        if changed and kind is None:
            raise StoreError(f"{self.path}: another run wrote to it while it was read; run this again")

    def close(self) -> None:
        """Close the database and let go of the library."""
        with sqlite_faults(self.path):
            self._db.close() if self._reading is None else self._reading.close()
        self._release()

    @property
    def writing(self) -> bool:
        """Whether it was opened to be written, and no other run can be doing so."""
        return self._lock is not None

    def execute(
        self, query: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one statement of another room's own tables; returns its rows. Raises StoreError."""
        with sqlite_faults(self.path):
            return self._db.execute(query, values).fetchall()

    def execute_many(self, query: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of values, in one transaction. Raises StoreError."""
        with self._transaction("BEGIN"):
            self._db.executemany(query, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several statements of another room's own tables: all that is done inside, or nothing."""
        with self._transaction("BEGIN"):
            yield

    def put(self, track: Track) -> None:
        """Store a row, in place of what was known of its path; it is committed on return."""
        model = None if track.model is None else self.remember(track.model)
        values = track_row(track, model)
        marks = ", ".join("?" * len(values))
        with sqlite_faults(self.path):
            self._db.execute(f"INSERT OR REPLACE INTO tracks ({TRACK_COLUMNS}) VALUES ({marks})", values)

    def move(self, old: bytes, track: Track) -> None:
        """Store a row in place of the one at `old`, whose file it is.

        So do writes of which the journal has no sound; the others follow theirs (tags/written_files.py).
        """
        with self._transaction("BEGIN IMMEDIATE"):
            self._db.execute("DELETE FROM tracks WHERE path = ?", (old,))
            self.put(track)
            self._db.execute("UPDATE writes SET path = ? WHERE path = ? AND sound IS NULL", (track.path, old))

    def set_tags(self, known: Iterable[tuple[bytes, KnownTags | None]]) -> None:
        """Note what the tags of files say, or that nobody knows, in one transaction."""
        rows = [(*tag_columns(tags), path) for path, tags in known]
        self.execute_many("UPDATE tracks SET tags_state = ?, tags = ? WHERE path = ?", rows)

    def restamp(self, path: bytes, before: Stamp, after: Stamp, sound: bytes | None) -> None:
        """Note that the file changed by our own hand, its audio being the same: size and mtime_ns.

        A row that is of another file, or of the file before somebody else changed it, stays as it is.
        """
        self.execute(
            "UPDATE tracks SET size = ?, mtime_ns = ? WHERE path = ? AND size = ? AND mtime_ns = ? "
            "AND (fingerprint = ? OR fingerprint IS NULL OR ? IS NULL)",
            (*after, path, *before, sound, sound),
        )

    def set_fingerprint(self, path: bytes, fingerprint: bytes) -> None:
        """Note what the file sounds like; its point on the map goes by that from then on."""
        with self._transaction("BEGIN IMMEDIATE"):
            self._db.execute("UPDATE tracks SET fingerprint = ? WHERE path = ?", (fingerprint, path))
            self._db.execute("UPDATE OR IGNORE map_points SET sound = ? WHERE sound = ?", (fingerprint, path))

    def set_missing(self, path: bytes, missing: bool) -> None:
        """Note that the file is gone, or that it is back."""
        with sqlite_faults(self.path):
            self._db.execute("UPDATE tracks SET missing = ? WHERE path = ?", (missing, path))

    def forget(self, path: bytes) -> None:
        """Delete what is known of a path."""
        with sqlite_faults(self.path):
            self._db.execute("DELETE FROM tracks WHERE path = ?", (path,))

    def remember(self, model: StoredModel) -> int:
        """Store a model as the one in use, or its present thresholds; returns its row's number."""
        for number, known in self._models.items():
            if known == model:
                return number
        with sqlite_faults(self.path):
            self._db.execute(
                f"INSERT INTO models ({MODEL_COLUMNS}, used) "
                "VALUES (?, ?, ?, ?, (SELECT coalesce(max(used), 0) + 1 FROM models)) "
                "ON CONFLICT (identity) DO UPDATE SET thresholds = excluded.thresholds, "
                "styles = excluded.styles, used = excluded.used",
                model_row(model),
            )
            row = self._db.execute("SELECT id FROM models WHERE identity = ?", (model.identity,)).fetchone()
        self._models[int(row[0])] = model
        return int(row[0])

    def paths(
        self, under: Iterable[bytes] = (), but_not_in: str = "", missing: bool = False
    ) -> Iterator[bytes]:
        """The paths of `tracks`, without what is known of them; but not those in another table, or
        only the missing ones."""
        condition = f"path NOT IN (SELECT path FROM {but_not_in})" if but_not_in else "true"
        condition += " AND missing" if missing else ""
        for (path,) in self._select("path", under, condition):
            yield path

    def tracks(self, under: Iterable[bytes] = ()) -> Iterator[Track]:
        """Rows in order of path, streamed; those at or below the absolute paths `under`, or all."""
        for row in self._select(TRACK_COLUMNS, under):
            yield self._track(row)

    def track(self, path: bytes) -> Track | None:
        """The row of this very path; None where nothing is known of it."""
        with sqlite_faults(self.path):
            row = self._db.execute(f"SELECT {TRACK_COLUMNS} FROM tracks WHERE path = ?", (path,)).fetchone()
        return None if row is None else self._track(row)

    def fingerprint_at(self, path: bytes) -> bytes | None:
        """The fingerprint of the sound that the library last knew at a path."""
        rows = self.execute("SELECT fingerprint FROM tracks WHERE path = ?", (path,))
        return rows[0][0] if rows else None

    def latest_model(self) -> StoredModel | None:
        """The model that was used last, for the columns of a report; None in an empty library."""
        with sqlite_faults(self.path):
            row = self._db.execute(
                f"SELECT {MODEL_COLUMNS} FROM models "
                "WHERE EXISTS (SELECT 1 FROM tracks WHERE model = models.id) ORDER BY used DESC LIMIT 1"
            ).fetchone()
        return None if row is None else model_of(row)

    def _select(
        self, columns: str, under: Iterable[bytes], condition: str = "true"
    ) -> Iterator[tuple[Any, ...]]:
        for first, end in ranges_of(under):
            yield from self._between(columns, first, end, condition)

    def _between(self, columns: str, first: bytes, end: bytes, condition: str) -> Iterator[tuple[Any, ...]]:
        """Rows whose path is at least `first` and before `end`, in pages, each a query of its
        own: rows may be written while the caller works."""
        query = (
            f"SELECT {columns} FROM tracks WHERE path >= ? AND path < ? AND {condition} "
            "ORDER BY path LIMIT 500"
        )
        while True:
            with sqlite_faults(self.path):
                rows = self._db.execute(query, (first, end)).fetchall()
            if not rows:
                return
            yield from rows
            first = rows[-1][0] + b"\0"  # the least that comes after it

    def _open(self, write: bool, wait: float) -> None:
        if write:
            if self.path.exists() and not os.access(self.path, os.W_OK):
                raise StoreError(f"{self.path}: may only be read; choose another place with --db")
            self._db = connect(self.path)
            check(self._db, self.path)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            migrate(self._db, self.path)
            return
        self._reading = connect_to_read(self.path)
        self._db = self._reading.db
        if not check(self._db, self.path):
            self._bring_up_to_date(self._reading.as_it_lies, wait)

    def _bring_up_to_date(self, as_it_lies: bool, wait: float) -> None:
        """A reader does that as well, for as long as nobody writes."""
        try:
            if as_it_lies:
                raise PermissionError
            self._lock = take_lock(self.path, wait)
        except OSError as fault:
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            raise StoreError(
                f"{self.path}: made by an older audiotag (schema {version}, this one needs "
                f"{SCHEMA_VERSION}) and may only be read here: let its owner run audiotag once, or name a "
                "copy of it with --db"
            ) from fault
        migrate(self._db, self.path)
        self._release()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        """All that is done inside, or nothing; within another one, that one's fate is its own."""
        if self._db.in_transaction:
            yield
            return
        with sqlite_faults(self.path):
            self._db.execute(begin)
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have done it; the first fault is the one to tell
                    self._db.execute("ROLLBACK")
                raise

    def _stored_model(self, number: int) -> StoredModel:
        if number not in self._models:
            with sqlite_faults(self.path):
                row = self._db.execute(
                    f"SELECT {MODEL_COLUMNS} FROM models WHERE id = ?", (number,)
                ).fetchone()
            self._models[number] = model_of(row)
        return self._models[number]

    def _track(self, row: tuple[Any, ...]) -> Track:
        return track_of(row, self._stored_model)

    def _give_up(self) -> None:
        if self._reading is not None:
            self._reading.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
