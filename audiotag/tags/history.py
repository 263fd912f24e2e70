"""What the journal says of one file: every write and undo, wherever the file has been meanwhile."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from audiotag.library.store import Store
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.safewrite.journal_rows import Kind, State
from audiotag.tags.written_files import WrittenFiles

# Of a file that was written oftener than anybody would, the last ones.
_MOST = 1_000


@dataclass(frozen=True)
class PastWrite:
    """One write. path: where the file was last known to lie. undo_of: the run that an undo took back. old,
    new: its genres. error: why it was refused. at: ISO 8601, UTC."""

    run: int
    kind: Kind
    undo_of: int | None
    at: str
    path: bytes
    state: State
    old: tuple[str, ...]
    new: tuple[str, ...]
    error: str | None


def history(store: Store, path: bytes) -> list[PastWrite]:
    """The writes of the file that lies at an absolute path, the earliest first, and those that were
    refused there. Of a file that is gone, those of what lay there last."""
    owner = WrittenFiles(store).owner(path, fingerprint(path)) if os.path.isfile(path) else None
    if owner is not None:
        whose, values = "w.file = :file OR (w.state = 'failed' AND w.path = :path)", {"file": owner.number}
    elif os.path.isfile(path):
        whose, values = "w.state = 'failed' AND w.path = :path", {}
    else:
        whose, values = "w.path = :path", {}
    rows = store.execute(
        "SELECT w.run, r.kind, r.undo_of, w.written_at, w.path, w.state, w.old, w.new, w.error "
        f"FROM writes AS w JOIN runs AS r ON r.id = w.run WHERE {whose} ORDER BY w.id DESC LIMIT {_MOST}",
        {"path": path, **values},
    )
    return [
        PastWrite(run, kind, undo_of, at, where, state, _genre(old), _genre(new), error)
        for run, kind, undo_of, at, where, state, old, new, error in reversed(rows)
    ]


def _genre(fields: str) -> tuple[str, ...]:
    return tuple(json.loads(fields).get("genre", ()))
