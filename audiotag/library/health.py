"""Whether a library is whole; it is only read, whatever it is."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from audiotag.library.connect import connect_to_read
from audiotag.library.faults import sqlite_faults
from audiotag.library.migrate import check
from audiotag.library.schema import SCHEMA_VERSION


@dataclass(frozen=True)
class Health:
    """schema: its version. tracks: by status. size: bytes of the file. held: another run writes
    to it now. damage: what SQLite's integrity check found, nothing when all is well. backups:
    files made before it was brought up to date."""

    schema: int
    tracks: dict[str, int]
    size: int
    held: bool
    damage: tuple[str, ...]
    backups: tuple[Path, ...]

    @property
    def is_present(self) -> bool:
        """Whether the library has the schema of this version."""
        return self.schema == SCHEMA_VERSION


def examine(path: Path) -> Health:
    """Look a library over. Raises StoreError where it is none, foreign, or too damaged to read."""
    with sqlite_faults(path), closing(connect_to_read(path, leave_alone=True)) as reading:
        db = reading.db
        check(db, path)
        (schema,) = db.execute("PRAGMA user_version").fetchone()
        lines = [line for (line,) in db.execute("PRAGMA integrity_check(10)")]
        damage = () if lines == ["ok"] else tuple(lines)
        tracks = {} if damage or not schema else dict(_by_status(db))
        backups = sorted(path.parent.glob(f"{path.name}.v*.backup"))
        return Health(schema, tracks, path.stat().st_size, _is_held(path), damage, tuple(backups))


def _by_status(db: sqlite3.Connection) -> list[tuple[str, int]]:
    return db.execute(
        "SELECT CASE WHEN missing THEN 'missing' ELSE status END AS state, count(*) "
        "FROM tracks GROUP BY state ORDER BY state"
    ).fetchall()


def _is_held(path: Path) -> bool:
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
