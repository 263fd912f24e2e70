"""What a walk found, beside what the library knows: which files are new, changed, as they were, gone.

The files found lie in a temporary table, on disk where they are many, and are compared with the
library in a few statements: a hundred thousand unchanged files cost a stat each and little more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from audiotag.errors import passing_kinds
from audiotag.library.exchange import exchange
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile

# new: never seen, or changed since, or known otherwise than wanted now. again: to be extracted though
# nothing changed. no-fingerprint, no-year: as it was, in a library from before there were any.
# duplicate: set aside until another file with the same sound is done. passed-over: no music.
State = Literal[
    "new", "again", "no-fingerprint", "no-year", "duplicate", "failed-before", "unchanged", "passed-over"
]

_PAGE = 500

_CREATE = """
    CREATE TEMP TABLE found (
        id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL, state TEXT, known INTEGER, fingerprint BLOB
    )
"""
# Of a path the library knows a sound, and the file there has been changed: or it is another.
_CHANGED = """EXISTS (
    SELECT 1 FROM main.tracks AS t WHERE t.path = found.path AND t.fingerprint IS NOT NULL
    AND (t.size <> found.size OR t.mtime_ns <> found.mtime_ns)
)"""
# Rows whose file has exchanged its place with another one, and where it lies now.
_EXCHANGED = """
    INSERT OR IGNORE INTO temp.exchanged (old, new)
    SELECT t.path, now.path
    FROM temp.found AS was JOIN main.tracks AS t ON t.path = was.path
    JOIN temp.found AS now ON now.fingerprint = t.fingerprint
    WHERE was.fingerprint <> t.fingerprint AND t.status = 'ok' AND NOT EXISTS (
        SELECT 1 FROM main.tracks AS known
        WHERE known.path = now.path AND known.fingerprint = now.fingerprint
    )
    ORDER BY now.path
"""
_COMPARE = """
    UPDATE temp.found SET state = coalesce((
        SELECT 'passed-over' FROM main.passed_over AS p
        WHERE p.path = found.path AND p.size = found.size AND p.mtime_ns = found.mtime_ns
            AND instr(:pass_over, ' ' || p.kind || ' ') AND NOT :rescan
    ), (
        SELECT CASE
            WHEN t.size <> found.size OR t.mtime_ns <> found.mtime_ns THEN 'new'
            WHEN :rescan THEN 'again'
            WHEN t.status = 'failed' AND NOT :retry AND t.error_kind NOT IN (PASSING) THEN 'failed-before'
            WHEN t.status = 'failed' THEN 'again'
            WHEN t.status = 'ok' AND (t.model IS NOT :model OR t.windows_asked <> :windows) THEN 'new'
            WHEN t.status = 'ok' AND t.fingerprint IS NULL THEN 'no-fingerprint'
            WHEN t.status = 'ok' AND t.year IS NULL THEN 'no-year'
            ELSE 'unchanged'
        END
        FROM main.tracks AS t WHERE t.path = found.path
    ), 'new'), known = EXISTS (SELECT 1 FROM main.tracks WHERE path = found.path)
""".replace("PASSING", ", ".join(f"'{kind}'" for kind in passing_kinds()))


@dataclass(frozen=True)
class Wanted:
    """What a known prediction must be to count: the model's row, the --windows asked for.

    rescan: nothing known counts. retry_failed: nor do failures. pass_over: of not_music.KINDS.
    """

    model: int
    windows_asked: str
    rescan: bool = False
    retry_failed: bool = False
    pass_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Todo:
    """A file that has to be looked into, and why; number: its place in the survey; fingerprint: of
    its sound, where that was looked at before."""

    number: int
    found: FoundFile
    state: State
    fingerprint: bytes | None = None


@dataclass(frozen=True)
class Counts:
    """Files by what is to be done with them. size: bytes of those that are to be extracted, or whose tags
    at least are to be read: to_read of them are such."""

    to_extract: int
    size: int
    to_read: int
    without_fingerprint: int
    unchanged: int
    failed_before: int


class Changes:
    """One walk's files in a library that is open for writing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.execute("PRAGMA temp_store = FILE")
        store.execute("DROP TABLE IF EXISTS temp.found")
        store.execute(_CREATE)

    def fill(self, found: Iterator[FoundFile]) -> None:
        """Take down every file; one that comes twice counts once."""
        while page := list(islice(found, _PAGE)):
            self._store.execute_many(
                "INSERT OR IGNORE INTO temp.found (path, size, mtime_ns) VALUES (?, ?, ?)",
                [(file.path, file.size, file.mtime_ns) for file in page],
            )

    def compare(self, wanted: Wanted) -> Counts:
        """Decide about every file; those that were missing and are back are so no longer."""
        self._store.execute(
            _COMPARE,
            {
                "rescan": wanted.rescan,
                "retry": wanted.retry_failed,
                "model": wanted.model,
                "windows": wanted.windows_asked,
                "pass_over": " ".join(("", *wanted.pass_over, "")),
            },
        )
        self._store.execute(
            "UPDATE tracks SET missing = 0 WHERE missing AND path IN (SELECT path FROM temp.found)"
        )
        # That they are as they were is enough to know their sound.
        self._store.execute(
            "UPDATE temp.found SET fingerprint = (SELECT fingerprint FROM main.tracks AS t "
            "WHERE t.path = found.path) WHERE state = 'no-year'"
        )
        rows = self._store.execute("SELECT state, count(*), total(size) FROM temp.found GROUP BY state")
        number = {state: count for state, count, _ in rows}
        extract = [(count, int(size)) for state, count, size in rows if state in ("new", "again", "no-year")]
        return Counts(
            sum(count for count, _ in extract),
            sum(size for _, size in extract),
            number.get("no-year", 0),
            number.get("no-fingerprint", 0),
            number.get("unchanged", 0),
            number.get("failed-before", 0),
        )

    def todo(self, *states: State) -> Iterator[Todo]:
        """The files in these states, in the order of the walk; they may change state meanwhile."""
        return self._todo("true", states)

    def changed(self) -> Iterator[Todo]:
        """Files to be looked into that lie where the library knew a file of another size or time."""
        return self._todo(_CHANGED, ("new", "again"))

    def come(self) -> Iterator[Todo]:
        """Those that lie where the library knew no sound."""
        return self._todo(
            "NOT EXISTS (SELECT 1 FROM main.tracks AS t WHERE t.path = found.path "
            "AND t.fingerprint IS NOT NULL)",
            ("new", "again"),
        )

    def note(self, todo: Todo, fingerprint: bytes) -> None:
        """Note the sound of a file."""
        self._store.execute("UPDATE temp.found SET fingerprint = ? WHERE id = ?", (fingerprint, todo.number))

    def has_others_in_place(self) -> bool:
        """Whether somewhere another sound was noted than the library knew there."""
        query = (
            "SELECT 1 FROM temp.found JOIN main.tracks AS t ON t.path = found.path "
            "WHERE found.fingerprint <> t.fingerprint LIMIT 1"
        )
        return bool(self._store.execute(query))

    def with_known_sound(self) -> Iterator[tuple[bytes, bytes]]:
        """Each noted file with the sound that the library knew there: its path, and the sound."""
        last = b""
        query = (
            "SELECT found.path, found.fingerprint FROM temp.found JOIN main.tracks AS t "
            "ON t.path = found.path AND t.fingerprint = found.fingerprint AND t.mtime_ns <> found.mtime_ns "
            f"WHERE found.path > ? ORDER BY found.path LIMIT {_PAGE}"
        )
        while rows := self._store.execute(query, (last,)):
            yield from rows
            last = rows[-1][0]

    def exchanged(self) -> Iterator[tuple[bytes, bytes]]:
        """Of each known file that lies in another's place: its new path, and the sound there."""
        self._store.execute("DROP TABLE IF EXISTS temp.exchanged")
        self._store.execute("CREATE TEMP TABLE exchanged (old BLOB UNIQUE, new BLOB PRIMARY KEY)")
        self._store.execute("CREATE INDEX temp.found_by_sound ON found (fingerprint)")
        self._store.execute(_EXCHANGED)
        last = b""
        query = (
            "SELECT new, fingerprint FROM temp.exchanged JOIN temp.found ON path = new "
            f"WHERE new > ? ORDER BY new LIMIT {_PAGE}"
        )
        while rows := self._store.execute(query, (last,)):
            yield from rows
            last = rows[-1][0]

    def exchange(self) -> None:
        """Let the library's rows follow those files, all at once. They are still to be looked into."""
        exchange(self._store, "temp.exchanged")

    def _todo(self, condition: str, states: tuple[State, ...]) -> Iterator[Todo]:
        marks = ", ".join("?" * len(states))
        query = (
            "SELECT id, path, size, mtime_ns, state, fingerprint FROM temp.found "
            f"WHERE id > ? AND state IN ({marks}) AND {condition} ORDER BY id LIMIT {_PAGE}"
        )
        last = 0
        while rows := self._store.execute(query, (last, *states)):
            for number, path, size, mtime_ns, state, fingerprint in rows:
                yield Todo(number, FoundFile(path, size, mtime_ns), state, fingerprint)
            last = rows[-1][0]

    def set_aside(self, todo: Todo) -> None:
        """Leave a file until its duplicate, which is being extracted, is done."""
        self._store.execute("UPDATE temp.found SET state = 'duplicate' WHERE id = ?", (todo.number,))

    def has_any(self, folder: bytes) -> bool:
        """Whether the walk came upon any file at or below `folder`."""
        return self._has("true", folder)

    def has_known(self, folder: bytes) -> bool:
        """Whether the walk came upon a file, at or below `folder`, that the library knew before."""
        return self._has("known", folder)

    def _has(self, condition: str, folder: bytes) -> bool:
        below = folder.rstrip(b"/")
        rows = self._store.execute(
            f"SELECT 1 FROM temp.found WHERE {condition} AND (path = ? OR (path > ? AND path < ?)) LIMIT 1",
            (folder, below + b"/", below + b"0"),
        )
        return bool(rows)

    def unseen(self, roots: Sequence[bytes]) -> Iterator[bytes]:
        """Known paths at or below `roots` that the walk did not come upon."""
        return self._store.paths(roots, but_not_in="temp.found")
