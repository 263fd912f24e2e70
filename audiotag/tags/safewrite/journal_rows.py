"""The journal's rows: a run, a write, and the file that was written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from audiotag.tags.safewrite.record import Fields, Record

Kind = Literal["tag", "undo"]
State = Literal["planned", "committed", "failed"]

# Deltas are not read along: they are of any size, and wanted of what is put back alone.
COLUMNS = "id, run, path, state, before, after, old, new, found, undo_of, error, sound, payload, file"


@dataclass(frozen=True)
class Write:
    """One row: see Record for its values, of which the delta is left out. file: its first write."""

    id: int
    run: int
    path: bytes
    state: State
    record: Record
    found: tuple[str, ...]
    undo_of: int | None
    error: str | None
    file: int


@dataclass(frozen=True)
class WrittenFile:
    """A file that was written. number: of its first write. path: where it was last known to lie.

    left: its identity (writer.identity) as the last write left it. last: that write's number.
    """

    number: int
    path: bytes
    left: str
    last: int

    @property
    def node(self) -> str:
        """Its device and inode: they stay when it is renamed or written in place."""
        return node_of(self.left)


def node_of(identity: str) -> str:
    """Device and inode of an identity."""
    return identity.rsplit(":", 2)[0]


@dataclass(frozen=True)
class Run:
    """One run, with how many files it wrote and how many it could not. finished_at: None if it
    still goes on or was killed. undo_of: the run that it put back. Times are ISO 8601, UTC."""

    id: int
    kind: Kind
    started_at: str
    finished_at: str | None
    undo_of: int | None
    written: int
    failed: int


def write_of(row: tuple[Any, ...]) -> Write:
    """A write from a row of COLUMNS."""
    number, run, path, state, before, after, old, new, found, undo_of, error, sound, payload, file = row
    record = Record(before, after, _fields(old), _fields(new), None, sound, payload)
    return Write(number, run, path, state, record, tuple(json.loads(found)), undo_of, error, file)


def as_json(fields: Fields) -> str:
    """Fields as the journal keeps them."""
    return json.dumps({name: list(values) for name, values in fields.items()}, ensure_ascii=False)


def _fields(text: str) -> Fields:
    return {name: tuple(values) for name, values in json.loads(text).items()}
