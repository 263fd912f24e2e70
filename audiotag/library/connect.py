"""The connection to a library's file: to write, or to read whatever may be done with it there.

A library in WAL mode needs two files beside it even to be read. Somebody else's, one on a read-only
disk or on a full one may not be able to have them; it is then read without:

* nothing waits in its WAL file: the file itself is all there is, and is read as it lies there
  ("immutable"). Nobody is shut out by that, so at the end it is asked whether somebody wrote.
* something waits there: both are copied into a temporary folder, and read there.

Nothing is ever made beside a library whose file we may not write: it would belong to us and shut its
owner out.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from audiotag.errors import StoreError
from audiotag.library.bounds import bounded_all

_WAIT_SECONDS = 30
# A WAL file of no more than its header holds nothing.
_WAL_HEADER = 32
_TRIES = 3


class Connection(sqlite3.Connection):
    """In autocommit mode; every value goes in as the library can hold it, see bounds.py."""

    def execute(self, query: str, values: Any = (), /) -> sqlite3.Cursor:
        return super().execute(query, bounded_all(values))

    def executemany(self, query: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        return super().executemany(query, map(bounded_all, rows))


def connect(path: Path) -> Connection:
    """A connection that may write, and makes the file where there is none."""
    return _connect(path)


@dataclass(frozen=True)
class Reading:
    """A connection that only reads. as_it_lies: nothing can be made beside the library, so that it
    cannot be brought up to date either. changed: whether somebody wrote to the library although it
    was to lie still. close: call it at the end."""

    db: Connection
    as_it_lies: bool = False
    changed: Callable[[], bool] = lambda: False
    _cleanup: Callable[[], None] = field(default=lambda: None)

    def close(self) -> None:
        """Close the connection and remove what was copied."""
        self.db.close()
        self._cleanup()


def connect_to_read(path: Path, *, leave_alone: bool = False) -> Reading:
    """A connection to read a library with. leave_alone: nothing is made beside it though it could
    be, and what a crash left is not tidied up.

    Raises sqlite3.Error, OSError, and StoreError where somebody keeps writing to it.
    """
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    path = Path(os.path.realpath(path))  # SQLite's own files lie beside what a link leads to
    # Others' files beside it, which tell that they are at work, or were when a crash came.
    beside = [os.path.exists(f"{path}{suffix}") for suffix in ("-shm", "-wal")]
    if all(beside) or (os.access(path, os.W_OK) and (not leave_alone or any(beside))):
        try:
            return Reading(_tried(_connect(path, "mode=ro" if leave_alone else "mode=rw")))
        except sqlite3.OperationalError as fault:
            if not _may_not_be_made(fault):
                raise
    if _waits_in_wal(path):
        return _copy(path)
    before = _stamp(path)
    return Reading(
        _tried(_connect(path, "immutable=1")),
        True,
        lambda: _stamp(path) != before or _waits_in_wal(path),
    )


def _connect(path: Path, mode: str = "mode=rwc") -> Connection:
    name = f"file:{quote(os.fsencode(path.absolute()))}?{mode}"
    return sqlite3.connect(name, _WAIT_SECONDS, isolation_level=None, factory=Connection, uri=True)


def _tried(db: Connection) -> Connection:
    """The connection, if it can read: only then SQLite opens its files."""
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def _may_not_be_made(fault: sqlite3.OperationalError) -> bool:
    """Whether the files beside the library are what is in the way: no right, no room."""
    return any(sign in str(fault) for sign in ("readonly", "unable to open", "disk I/O", "disk is full"))


def _waits_in_wal(path: Path) -> bool:
    try:
        return os.stat(f"{path}-wal").st_size > _WAL_HEADER
    except OSError:
        return False


def _copy(path: Path) -> Reading:
    folder = tempfile.mkdtemp(prefix="audiotag-")
    try:
        target = Path(folder, "library.db")
        for _ in range(_TRIES):
            before = _stamp(path)
            # The WAL last: what it has gained meanwhile comes after what the copy holds.
            shutil.copyfile(path, target)
            shutil.copyfile(f"{path}-wal", f"{target}-wal")
            if _stamp(path) == before:
                return Reading(
                    _tried(_connect(target)), True, _cleanup=lambda: shutil.rmtree(folder, ignore_errors=True)
                )
        raise StoreError(f"{path}: another run is writing to it; try again when it is through")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _stamp(path: Path) -> tuple[int, int, int]:
    info = os.stat(path)
    return info.st_ino, info.st_size, info.st_mtime_ns
