"""The journal: what was written into which file, and what stood there before.

A run is one `tag` or `undo`; each of its writes has a row that is committed, and on the disk,
before the file is replaced. Its state is then "planned", afterwards "committed"; "failed" says
that the file stayed as it was. The tables are in library/schema.py.

A write belongs to a file, which is numbered by its first write and known by its sound; `path` is
where it was last known to lie. Which file of the disk it is, written_files.py decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from audiotag.library.records import StoredModel
from audiotag.library.store import Store
from audiotag.library.walk import ranges_of
from audiotag.tags.safewrite.journal_rows import (
    COLUMNS,
    Kind,
    Run,
    State,
    Write,
    WrittenFile,
    as_json,
    write_of,
)
from audiotag.tags.safewrite.record import Record

# A planned write may have happened: only a look at the file can tell. (The plus keeps SQLite from
# finding rows by their state, which nearly all share, where it can by path or sound.)
MAY_BE_DONE = "+state IN ('committed', 'planned')"


@dataclass(frozen=True)
class Origin:
    """Why a write is made. found: the genres before audiotag wrote there the first time.

    model: which predicted the genre. undo_of: the write that it puts back. file: the journal's
    number of the file, None where it is to be found out, or was not written before.
    """

    found: tuple[str, ...] = ()
    model: StoredModel | None = None
    undo_of: int | None = None
    file: int | None = None


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

    def wrote(self, file: int, stored: tuple[str, ...]) -> Write | None:
        """The write whose genre a written file has, if its genre field `stored` is audiotag's own."""
        latest = self._latest(file, None, stored)
        if latest is None or latest.record.new.get("genre") != stored:
            return None  # changed since, be it to what audiotag had written at some other time
        while latest is not None and latest.undo_of is not None:
            # An undo puts back what there was before the write that it undid.
            latest = self._latest(file, latest.undo_of, None)
        return latest if latest is not None and latest.record.new.get("genre") == stored else None

    def is_as_left(self, file: int, stored: tuple[str, ...]) -> bool:
        """Whether the genre field `stored` is what the last write or undo of the file gave it."""
        latest = self._latest(file, None, stored)
        return latest is not None and latest.record.new.get("genre") == stored

    def written_files(self, sound: bytes) -> list[WrittenFile]:
        """The files with this sound that were written, by their last writes."""
        return self._files("sound = ?", (sound,))

    def files_without_sound(self, path: bytes) -> list[WrittenFile]:
        """Those last known at a path of which the journal has no fingerprint."""
        return self._files("path = ? AND sound IS NULL", (path,))

    def moved(self, file: int, path: bytes) -> None:
        """Note where a written file lies now."""
        self._store.execute("UPDATE writes SET path = ? WHERE file = ? AND path <> ?", (path, file, path))

    def set_sound(self, write: int, sound: bytes) -> None:
        """Note the sound of a write, and of those before it that it followed upon."""
        self._store.execute(
            """
            WITH RECURSIVE chain (id, file, before) AS (
                SELECT id, file, before FROM writes WHERE id = :write
                UNION
                SELECT w.id, w.file, w.before FROM chain JOIN writes AS w ON w.file = chain.file
                WHERE w.id < chain.id AND w.after = chain.before AND w.sound IS NULL
            ) UPDATE writes SET sound = :sound WHERE id IN (SELECT id FROM chain)
            """,
            {"write": write, "sound": sound},
        )

    def left(self, file: int, identity: str) -> bool:
        """Whether a written file has the identity that some write of it left."""
        query = f"SELECT 1 FROM writes WHERE file = ? AND after = ? AND {MAY_BE_DONE} LIMIT 1"
        return bool(self._store.execute(query, (file, identity)))

    def delta(self, write: int) -> bytes | None:
        """What gives the bytes back that were there before a write; see bytedelta.py."""
        rows = self._store.execute("SELECT delta FROM writes WHERE id = ?", (write,))
        return None if not rows else rows[0][0]

    def runs(self) -> list[Run]:
        """All runs, the latest last."""
        return [Run(*row) for row in self._store.execute(_RUNS + "GROUP BY runs.id ORDER BY runs.id")]

    def run(self, number: int) -> Run | None:
        """One run by its number."""
        rows = self._store.execute(_RUNS + "WHERE runs.id = ? GROUP BY runs.id", (number,))
        return Run(*rows[0]) if rows else None

    def last_tag_run(self, under: Iterable[bytes] = ()) -> int | None:
        """The last `tag` run that wrote a file at or below the absolute paths `under`, or any."""
        ranges = list(ranges_of(under))
        for (run,) in self._store.execute("SELECT id FROM runs WHERE kind = 'tag' ORDER BY id DESC"):
            for first, end in ranges:
                query = (
                    f"SELECT 1 FROM writes WHERE run = ? AND path >= ? AND path < ? AND {MAY_BE_DONE} LIMIT 1"
                )
                if self._store.execute(query, (run, first, end)):
                    return int(run)
        return None

    def last_tag_run_of(self, files: Sequence[int]) -> int | None:
        """The last `tag` run that wrote one of these written files."""
        marks = ", ".join("?" * len(files))
        rows = self._store.execute(
            "SELECT max(run) FROM writes JOIN runs ON runs.id = run "
            f"WHERE file IN ({marks}) AND kind = 'tag' AND {MAY_BE_DONE}",
            tuple(files),
        )
        return None if rows[0][0] is None else int(rows[0][0])

    def these(self, numbers: Sequence[int]) -> list[Write]:
        """Some hundreds of writes by their numbers, in that order."""
        marks = ", ".join("?" * len(numbers))
        rows = self._store.execute(f"SELECT {COLUMNS} FROM writes WHERE id IN ({marks})", tuple(numbers))
        found = {write.id: write for write in map(write_of, rows)}
        return [found[number] for number in numbers if number in found]

    def pending(self) -> list[Write]:
        """Planned writes of runs that were killed; also those of a run that is going on."""
        query = f"SELECT {COLUMNS} FROM writes WHERE state = 'planned' ORDER BY id"
        return [write_of(row) for row in self._store.execute(query)]

    def unfinished(self) -> list[int]:
        """The runs that did not come to their end."""
        rows = self._store.execute("SELECT id FROM runs WHERE finished_at IS NULL ORDER BY id")
        return [int(row[0]) for row in rows]

    def _latest(self, file: int, before: int | None, stored: tuple[str, ...] | None) -> Write | None:
        """The last write of a file, of those before number `before` if that is given.

        A planned one counts only where its genre is `stored`: else it did not happen.
        """
        rows = self._store.execute(
            f"SELECT {COLUMNS} FROM writes WHERE file = ? AND id < ? AND {MAY_BE_DONE} ORDER BY id DESC",
            (file, (1 << 63) - 1 if before is None else before),
        )
        for write in map(write_of, rows):
            if write.state == "committed" or write.record.new.get("genre") == stored:
                return write
        return None

    def _files(self, condition: str, values: tuple[object, ...]) -> list[WrittenFile]:
        # Of a group SQLite gives the row that has the greatest id.
        rows = self._store.execute(
            f"SELECT file, path, after, max(id) FROM writes WHERE {condition} AND {MAY_BE_DONE} "
            "GROUP BY file ORDER BY max(id)",
            values,
        )
        return [WrittenFile(*row) for row in rows]

    def _insert(
        self, run: int, path: bytes, state: State, record: Record, origin: Origin, error: str | None
    ) -> int:
        if origin.file is not None and state == "planned":
            self.moved(origin.file, path)
        model = None if origin.model is None else origin.model.identity
        values = (
            run, path, state, record.before, record.after, as_json(record.old), as_json(record.new),
            json.dumps(origin.found, ensure_ascii=False), record.delta, model, origin.undo_of, error, _now(),
            record.sound, record.payload, origin.file,
        )  # fmt: skip
        self._store.execute(
            "INSERT INTO writes (run, path, state, before, after, old, new, found, delta, model, undo_of, "
            "error, written_at, sound, payload, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "(SELECT id FROM models WHERE identity = ?), ?, ?, ?, ?, ?, "
            "coalesce(?, (SELECT coalesce(max(id), 0) + 1 FROM writes)))",
            values,
        )
        return self._last_row()

    def _last_row(self) -> int:
        return int(self._store.execute("SELECT last_insert_rowid()")[0][0])


_RUNS = (
    "SELECT runs.id, kind, started_at, finished_at, runs.undo_of, "
    f"count(CASE WHEN {MAY_BE_DONE} THEN 1 END), count(CASE state WHEN 'failed' THEN 1 END) "
    "FROM runs LEFT JOIN writes ON writes.run = runs.id "
)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
