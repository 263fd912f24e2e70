"""The journal: what was written into which file, and what stood there before.

A run is one `tag` or `undo`; each of its writes has a row that is committed, and on the disk,
before the file is replaced. Its state is then "planned", afterwards "committed"; "failed" says
that the file stayed as it was. The tables are in library/schema.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from audiotag.library.records import StoredModel
from audiotag.library.store import Store
from audiotag.library.walk import topmost
from audiotag.tags.writer import Fields, Record

Kind = Literal["tag", "undo"]
State = Literal["planned", "committed", "failed"]

_COLUMNS = "id, run, path, state, before, after, old, new, found, delta, undo_of, error"
# A planned write may have happened: only a look at the file can tell.
_MAY_BE_DONE = "state IN ('committed', 'planned')"


@dataclass(frozen=True)
class Origin:
    """Why a write is made. found: the genres before audiotag wrote there the first time.

    model: which predicted the genre. undo_of: the write that it puts back.
    """

    found: tuple[str, ...] = ()
    model: StoredModel | None = None
    undo_of: int | None = None


@dataclass(frozen=True)
class Write:
    """One row: see Record for its values."""

    id: int
    run: int
    path: bytes
    state: State
    record: Record
    found: tuple[str, ...]
    undo_of: int | None
    error: str | None


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


class Journal:
    """The journal of an open library; writing to it needs a library opened for writing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, kind: Kind, undo_of: int | None = None) -> int:
        """Start a run; returns its number."""
        # From here on a commit has to be on the disk when it returns: a power cut must not leave
        # a file written and the journal ignorant of it.
        self._store.execute("PRAGMA synchronous = FULL")
        self._store.execute(
            "INSERT INTO runs (kind, started_at, undo_of) VALUES (?, ?, ?)", (kind, _now(), undo_of)
        )
        return self._last_row()

    def finish(self, run: int) -> None:
        """Note that a run came to its end, or is known to have died."""
        self._store.execute("UPDATE runs SET finished_at = ? WHERE id = ?", (_now(), run))

    def plan(self, run: int, path: bytes, record: Record, origin: Origin) -> int:
        """Note a write that is about to happen; returns its number."""
        return self._insert(run, path, "planned", record, origin, None)

    def refuse(self, run: int, path: bytes, error: str, origin: Origin) -> None:
        """Note a write that did not come as far as being planned."""
        self._insert(run, path, "failed", Record("", "", {}, {}, None), origin, error)

    def settle(self, write: int, state: State, error: str | None = None) -> None:
        """Note how a planned write ended."""
        self._store.execute("UPDATE writes SET state = ?, error = ? WHERE id = ?", (state, error, write))

    def wrote(self, path: bytes, stored: tuple[str, ...]) -> Write | None:
        """The write whose genre the file has, if its genre field `stored` is audiotag's own."""
        latest = self._latest(path, None, stored)
        if latest is None or latest.record.new.get("genre") != stored:
            return None  # changed since, be it to what audiotag had written at some other time
        while latest is not None and latest.undo_of is not None:
            # An undo puts back what there was before the write that it undid.
            latest = self._latest(path, latest.undo_of, None)
        return latest if latest is not None and latest.record.new.get("genre") == stored else None

    def is_as_left(self, path: bytes, stored: tuple[str, ...]) -> bool:
        """Whether the genre field `stored` is what the last write or undo of the file gave it."""
        latest = self._latest(path, None, stored)
        return latest is not None and latest.record.new.get("genre") == stored

    def runs(self) -> list[Run]:
        """All runs, the latest last."""
        return [Run(*row) for row in self._store.execute(_RUNS + "GROUP BY runs.id ORDER BY runs.id")]

    def run(self, number: int) -> Run | None:
        """One run by its number."""
        rows = self._store.execute(_RUNS + "WHERE runs.id = ? GROUP BY runs.id", (number,))
        return Run(*rows[0]) if rows else None

    def last_tag_run(self, under: Iterable[bytes] = ()) -> int | None:
        """The last `tag` run that wrote a file at or below the absolute paths `under`, or any."""
        for run in reversed(self.runs()):
            if run.kind == "tag" and next(self.writes(run.id, under), None) is not None:
                return run.id
        return None

    def writes(self, run: int, under: Iterable[bytes] = ()) -> Iterator[Write]:
        """A run's writes that happened, or may have, in order of path; at or below `under`, or all."""
        scopes = topmost(under)
        last = b""
        while True:
            # In pages, each a query of its own: rows may be written while the caller works.
            rows = self._store.execute(
                f"SELECT {_COLUMNS} FROM writes WHERE run = ? AND path > ? AND {_MAY_BE_DONE} "
                "ORDER BY path LIMIT 200",
                (run, last),
            )
            for write in map(_write, rows):
                if not scopes or any(_is_below(write.path, scope) for scope in scopes):
                    yield write
                last = write.path
            if not rows:
                return

    def pending(self) -> list[Write]:
        """Planned writes of runs that were killed; also those of a run that is going on."""
        query = f"SELECT {_COLUMNS} FROM writes WHERE state = 'planned' ORDER BY id"
        return [_write(row) for row in self._store.execute(query)]

    def unfinished(self) -> list[int]:
        """The runs that did not come to their end."""
        rows = self._store.execute("SELECT id FROM runs WHERE finished_at IS NULL ORDER BY id")
        return [int(row[0]) for row in rows]

    def _latest(self, path: bytes, before: int | None, stored: tuple[str, ...] | None) -> Write | None:
        """The last write of a file, of those before number `before` if that is given.

        A planned one counts only where its genre is `stored`: else it did not happen.
        """
        rows = self._store.execute(
            f"SELECT {_COLUMNS} FROM writes WHERE path = ? AND id < ? AND {_MAY_BE_DONE} ORDER BY id DESC",
            (path, (1 << 63) - 1 if before is None else before),
        )
        for write in map(_write, rows):
            if write.state == "committed" or write.record.new.get("genre") == stored:
                return write
        return None

    def _insert(
        self, run: int, path: bytes, state: State, record: Record, origin: Origin, error: str | None
    ) -> int:
        model = None if origin.model is None else origin.model.identity
        values = (
            run, path, state, record.before, record.after, _json(record.old), _json(record.new),
            json.dumps(origin.found, ensure_ascii=False), record.delta, model, origin.undo_of, error, _now(),
        )  # fmt: skip
        self._store.execute(
            "INSERT INTO writes (run, path, state, before, after, old, new, found, delta, model, undo_of, "
            "error, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "(SELECT id FROM models WHERE identity = ?), ?, ?, ?)",
            values,
        )
        return self._last_row()

    def _last_row(self) -> int:
        return int(self._store.execute("SELECT last_insert_rowid()")[0][0])


_RUNS = (
    "SELECT runs.id, kind, started_at, finished_at, runs.undo_of, "
    f"count(CASE WHEN {_MAY_BE_DONE} THEN 1 END), count(CASE state WHEN 'failed' THEN 1 END) "
    "FROM runs LEFT JOIN writes ON writes.run = runs.id "
)


def _write(row: tuple[Any, ...]) -> Write:
    number, run, path, state, before, after, old, new, found, delta, undo_of, error = row
    record = Record(before, after, _fields(old), _fields(new), delta)
    return Write(number, run, path, state, record, tuple(json.loads(found)), undo_of, error)


def _json(fields: Fields) -> str:
    return json.dumps({name: list(values) for name, values in fields.items()}, ensure_ascii=False)


def _fields(text: str) -> Fields:
    return {name: tuple(values) for name, values in json.loads(text).items()}


def _is_below(path: bytes, scope: bytes) -> bool:
    return path == scope or path.startswith(scope.rstrip(b"/") + b"/")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
