"""After a crash: which planned writes happened? And the copies that it left are swept away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from audiotag.errors import FileFault
from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.safewrite.copy import sweep
from audiotag.tags.safewrite.journal import Journal
from audiotag.tags.safewrite.journal_rows import State, Write
from audiotag.tags.safewrite.record import identity, stamp_of


@dataclass(frozen=True)
class Recovery:
    """What was found: writes that had happened, that had not, and copies that were removed."""

    happened: int = 0
    not_happened: int = 0
    swept: int = 0


def recover(store: Store) -> Recovery | None:
    """Settle what runs that were killed left open; None where there is nothing of the kind.

    Needs a library opened for writing: its lock says that no other run is going on.
    """
    journal = Journal(store)
    unfinished = journal.unfinished()
    # A folder that is not there may be on a drive that is not: its writes stay open until it is.
    pending = [write for write in journal.pending() if os.path.isdir(os.path.dirname(write.path))]
    if not unfinished and not pending:
        return None
    done = 0
    for write in pending:
        state, error = _outcome(write)
        journal.settle(write.id, state, error)
        if state == "committed":
            done += 1
            record = write.record
            store.restamp(write.path, stamp_of(record.before), stamp_of(record.after), record.sound)
    swept = sum(sweep(folder) for folder in _folders(store, pending))
    for run in unfinished:
        journal.finish(run)
    return Recovery(done, len(pending) - done, swept)


def _outcome(write: Write) -> tuple[State, str | None]:
    """By the file's identity; where it is neither of the two that the journal knows, by its genre."""
    killed = "the run was killed before this file was replaced"
    try:
        found = identity(os.stat(write.path))
        if found == write.record.after:
            return "committed", None
        if found == write.record.before:
            return "failed", killed
        # Changed by somebody else since: what the genre says is then the best evidence.
        stored = read_tags(write.path).stored
        if write.record.sound is not None and fingerprint(write.path) != write.record.sound:
            return "failed", "the run was killed, and another recording lies there now"
    except OSError as error:
        return "failed", f"the run was killed, and the file cannot be looked at: {error.strerror}"
    except FileFault as error:
        return "failed", f"the run was killed, and the file cannot be read: {error}"
    return ("committed", None) if stored == write.record.new["genre"] else ("failed", killed)


def _folders(store: Store, pending: list[Write]) -> Iterator[bytes]:
    """Every folder in which a run may have made a copy, once."""
    seen: set[bytes] = set()
    paths = (path for source in (store.paths(), (write.path for write in pending)) for path in source)
    for path in paths:
        # Of a symbolic link the target is written, in its own folder.
        folder = os.path.dirname(os.path.realpath(path) if os.path.islink(path) else path)
        if folder not in seen:
            seen.add(folder)
            yield folder
