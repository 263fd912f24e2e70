"""What `tag` replaced, put back: the journal's old values into the files, as safely as any write."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from audiotag.errors import AudiotagError, FileFault
from audiotag.library.store import Store
from audiotag.tags.change import OWN_TEXTS, PLACE, Change
from audiotag.tags.formats import TrackTags, read_tags
from audiotag.tags.id3_versions import VERSIONS
from audiotag.tags.journal import Journal, Origin, Run, Write
from audiotag.tags.session import WritingSession
from audiotag.tags.writer import WriteOptions, WriteResult, fields_of, id3_name

GONE = "no longer there"
AS_BEFORE = "as before already"
CHANGED_SINCE = "its genre was changed since"


@dataclass(frozen=True)
class PlannedUndo:
    """What should become of one file that a run wrote, or the fault that kept it from being read.

    old: the genre field as it is. new: as it will be. reason: why a file is kept.
    """

    write: Write
    action: Literal["write", "keep"]
    old: tuple[str, ...]
    new: tuple[str, ...]
    reason: str = ""
    change: Change | None = None
    fault: FileFault | None = None


def find_run(store: Store, number: int | None, under: Sequence[bytes]) -> Run | None:
    """The run to undo: `number`, or the last `tag` run that wrote at or below `under`, or any.

    None where nothing has been written there. Raises AudiotagError for a number that is no run.
    """
    journal = Journal(store)
    if number is None:
        number = journal.last_tag_run(under)
        return None if number is None else journal.run(number)
    run = journal.run(number)
    if run is None:
        raise AudiotagError(f"no run {number} in the journal; audiotag undo --list shows them")
    return run


def plan_undo(store: Store, run: Run, under: Sequence[bytes]) -> Iterator[PlannedUndo]:
    """Decide on every file that a run wrote, at or below the absolute paths `under`, or on all.

    Files are only read. A file whose genre is not what the run wrote is left alone.
    """
    journal = Journal(store)
    for write in journal.writes(run.id, under):
        yield _plan_one(write, journal)


def undo(session: WritingSession, planned: PlannedUndo, options: WriteOptions) -> WriteResult:
    """Carry out one planned undo; it is in the journal like any write, and can be undone itself.

    A file that nobody has changed since gets its old bytes back, all of them; another one its
    old values. Of `options` keep_mtime and break_hardlinks count. Raises TagReadError or
    TagWriteError, the file then being as it was.
    """
    assert planned.change is not None, "only what is to be written is carried out"
    wanted = WriteOptions(
        keep_mtime=options.keep_mtime,
        break_hardlinks=options.break_hardlinks,
        expected=planned.old,
        delta=planned.write.record.delta,
        any_version=True,
    )
    origin = Origin(planned.write.found, undo_of=planned.write.id)
    return session.write(planned.write.path, planned.change, wanted, origin)


def _plan_one(write: Write, journal: Journal) -> PlannedUndo:
    old, new = write.record.old["genre"], write.record.new["genre"]
    if not os.path.lexists(write.path):
        return PlannedUndo(write, "keep", new, new, GONE)
    try:
        tags = read_tags(write.path)
    except FileFault as fault:
        return PlannedUndo(write, "keep", new, new, "failed", fault=fault)
    if tags.stored != new:
        reason = AS_BEFORE if tags.stored == old else CHANGED_SINCE
        return PlannedUndo(write, "keep", tags.stored, tags.stored, reason)
    if old != new and not journal.is_as_left(write.path, tags.stored):
        # Undone already, and since then somebody chose the same genre.
        return PlannedUndo(write, "keep", tags.stored, tags.stored, CHANGED_SINCE)
    change = _change(write, tags)
    now = fields_of(tags)
    if old == new and all(now.get(name, ()) == write.record.old[name] for name in write.record.old):
        return PlannedUndo(write, "keep", tags.stored, tags.stored, AS_BEFORE)
    return PlannedUndo(write, "write", tags.stored, old, change=change)


def _change(write: Write, tags: TrackTags) -> Change:
    """The old values of what the write changed; fields that somebody changed since stay."""
    old, new, now = write.record.old, write.record.new, fields_of(tags)
    back = {name: old[name] for name in new if now.get(name, ()) == new[name]}
    texts = {name: values for name, values in back.items() if name in OWN_TEXTS}
    version = next((v for v in VERSIONS if back.get("id3_version") == (id3_name(v),)), None)
    places = {name: values for name, values in back.items() if name.startswith(PLACE)}
    return Change(old["genre"], texts, version, places)
