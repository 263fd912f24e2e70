"""The tables of the library database, and how an older one becomes the present one."""

from __future__ import annotations

# 'atag' in ASCII, in the database's header: tells our files from other SQLite files.
APPLICATION_ID = 0x61746167

# MIGRATIONS[n] takes a database from schema version n to n + 1.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE models (
            id INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,  -- name and digest of the weights
            genres TEXT NOT NULL,           -- JSON list, the order of the probabilities
            threshold REAL NOT NULL
        )
        """,
        """
        CREATE TABLE tracks (
            path BLOB PRIMARY KEY,          -- absolute, any bytes
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            status TEXT NOT NULL,           -- ok, too-short, failed
            error_kind TEXT,
            error TEXT,
            artist TEXT NOT NULL,
            album TEXT NOT NULL,
            title TEXT NOT NULL,
            duration REAL,                  -- seconds of sound that were decoded
            windows INTEGER NOT NULL,
            windows_asked TEXT NOT NULL,    -- 'all' or a number: the option that it was heard with
            model INTEGER REFERENCES models (id),
            scanned_at TEXT NOT NULL,       -- ISO 8601, UTC
            missing INTEGER NOT NULL,       -- 1: the file was gone when last looked for
            probabilities BLOB,             -- float32, little endian
            embedding BLOB                  -- float16, little endian
        )
        """,
    ),
)

SCHEMA_VERSION = len(MIGRATIONS)
