"""SQLite's faults, and the system's at a library's file, in a user's words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiotag.errors import DISK_FULL, StoreError, in_words
from audiotag.library.disk import is_full

# What SQLite says when a file beside the library cannot grow.
_MAY_BE_FULL = ("disk I/O error", "unable to open database file", "attempt to write a readonly")


@contextmanager
def sqlite_faults(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's faults into StoreError: the file, why, and what to do."""
    try:
        yield
    except sqlite3.DatabaseError as fault:
        raise StoreError(f"{path}: {_advice(fault, path)}") from fault
    except OSError as fault:
        room = "make room, or " if fault.errno in DISK_FULL else ""
        raise StoreError(f"{path}: {in_words(fault)}; {room}choose another place with --db") from fault


def _advice(fault: sqlite3.DatabaseError, path: Path) -> str:
    text = str(fault)
    if "disk is full" in text or (text.startswith(_MAY_BE_FULL) and is_full(path)):
        why = "" if "disk is full" in text else f" ({text})"
        return f"the disk is full{why}; make room, or choose another place with --db"
    if "not a database" in text:
        return "not an audiotag library; choose another file with --db"
    if "malformed" in text or "corrupt" in text:
        return "the library is damaged; move it away and scan again, or put back a backup"
    if text.startswith("disk I/O error"):
        return f"the disk does not work as it should ({text}); look after it, or choose another with --db"
    if "readonly" in text or "unable to open" in text:
        return f"cannot be opened for writing ({text}); choose another place with --db"
    return f"{text} (library)"
