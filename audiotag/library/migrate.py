"""An older library becomes a present one, step by step, with a backup before each step.

`PRAGMA user_version` says how far a library is. Each step and its new number are one
transaction, so a kill leaves a library of some version, never one between two. SQLite's faults
are the caller's to name (library/store.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from audiotag.atomic import atomic_write
from audiotag.errors import StoreError
from audiotag.library.schema import APPLICATION_ID, MIGRATIONS

Migrations = Sequence[Sequence[str]]


def check(db: sqlite3.Connection, path: Path, migrations: Migrations = MIGRATIONS) -> bool:
    """Whether the library is of the present version; nothing is written.

    Raises StoreError for another program's database and for a library of a newer audiotag.
    """
    # Reading the header comes first: on a file that is no database this is what fails.
    version, application = _pragma(db, "user_version"), _pragma(db, "application_id")
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != APPLICATION_ID and (tables or version or application):
        raise StoreError(f"{path}: not an audiotag library; choose another file with --db")
    if version > len(migrations):
        raise StoreError(
            f"{path}: written by a newer audiotag (schema {version}, this one knows {len(migrations)}); "
            "update audiotag, or choose another file with --db"
        )
    return version == len(migrations)


def migrate(db: sqlite3.Connection, path: Path, migrations: Migrations = MIGRATIONS) -> None:
    """Take a checked library to the present version; a new one gets its tables.

    `db` is in autocommit mode and its caller holds the library's lock.
    """
    first = _pragma(db, "user_version")
    for version in range(first, len(migrations)):
        if first:  # a new file holds nothing that could be lost
            _back_up(db, path, version)
        db.execute("BEGIN IMMEDIATE")
        try:
            for statement in migrations[version]:
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {version + 1}")
            db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # the first fault is the one to tell
                db.execute("ROLLBACK")
            raise


def backup_path(path: Path, version: int) -> Path:
    """Where the backup of a library lies that was of this schema version."""
    return path.with_name(f"{path.name}.v{version}.backup")


def _back_up(db: sqlite3.Connection, path: Path, version: int) -> None:
    """Copy the library as it is, by SQLite's backup API; the name appears with the whole copy."""
    with (
        atomic_write(backup_path(path, version), mode=path.stat().st_mode & 0o777) as file,
        closing(sqlite3.connect(file.name, isolation_level=None)) as copy,
    ):
        db.backup(copy)
        # The copy comes in WAL mode; one file alone has to hold all of it.
        copy.execute("PRAGMA journal_mode = DELETE")


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
