"""Files that a scan passed over, being no music: remembered apart from the tracks, so that no
report lists them, nothing is written into them, and they are not looked into again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from audiotag.library.missing import is_missing
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile, topmost


def pass_over(store: Store, found: FoundFile, kind: str) -> None:
    """Remember what kind of file it is, and no prediction that an earlier version made of it."""
    store.execute(
        "INSERT OR REPLACE INTO passed_over (path, size, mtime_ns, kind) VALUES (?, ?, ?, ?)",
        (found.path, found.size, found.mtime_ns, kind),
    )
    store.forget(found.path)


def passed_before(store: Store) -> Iterator[tuple[bytes, str]]:
    """(path, kind) of the files of the present changes that an earlier scan passed over."""
    query = (
        "SELECT p.path, p.kind FROM passed_over AS p JOIN temp.found AS f ON f.path = p.path "
        "WHERE f.state = 'passed-over' AND p.path > ? ORDER BY p.path LIMIT 500"
    )
    last = b""
    while rows := store.execute(query, (last,)):
        yield from rows
        last = rows[-1][0]


def forget_others(store: Store, roots: Sequence[bytes]) -> None:
    """Forget those that are to be looked into now, and those below `roots` that are gone."""
    store.execute(
        "DELETE FROM passed_over WHERE path IN (SELECT path FROM temp.found WHERE state <> 'passed-over')"
    )
    for root in topmost(roots):
        below = root.rstrip(b"/") + b"/"
        unseen = store.execute(
            "SELECT path FROM passed_over WHERE (path = ? OR substr(path, 1, ?) = ?) "
            "AND path NOT IN (SELECT path FROM temp.found)",
            (os.path.abspath(root), len(below), below),
        )
        for (path,) in unseen:
            if is_missing(path):
                store.execute("DELETE FROM passed_over WHERE path = ?", (path,))
