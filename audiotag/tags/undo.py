"""What `tag` replaced, put back: the journal's old values into the files, as safely as any write."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from audiotag.errors import AudiotagError, FileFault
from audiotag.library.store import Store
from audiotag.tags.change import OWN_TEXTS, PLACE, Change
from audiotag.tags.formats.id3_versions import VERSIONS
from audiotag.tags.formats.read import TrackTags, read_tags
from audiotag.tags.formats.sound import fingerprint, is_same_sound
from audiotag.tags.safewrite.group import Job
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.journal_rows import Run, Write
from audiotag.tags.safewrite.record import WriteOptions, WriteResult, fields_of, id3_name
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.whereabouts import GONE, REPLACED, Before, Place, find_written
from audiotag.tags.written_files import WrittenFiles, identity_at

__all__ = ["AS_BEFORE", "CHANGED_SINCE", "GONE", "PlannedUndo", "find_run", "plan_undo", "undo"]

AS_BEFORE = "as before already"
CHANGED_SINCE = "its genre was changed since"


@dataclass(frozen=True)
class PlannedUndo:
    """What should become of one file that a run wrote, or the fault that kept it from being read.

    path: where the file lies now; where it was, if it is nowhere. old: the genre field as it is.
    new: as it will be. reason: why a file is kept. sound: the file's fingerprint, if it was taken.
    """

    write: Write
    path: bytes
    action: Literal["write", "keep"]
    old: tuple[str, ...]
    new: tuple[str, ...]
    reason: str = ""
    change: Change | None = None
    fault: FileFault | None = None
    sound: bytes | None = None


def find_run(store: Store, number: int | None, under: Sequence[bytes]) -> Run | None:
    """The run to undo: `number`, or the last `tag` run that wrote at or below `under`, or any.

    None where nothing has been written there. Raises AudiotagError for a number that is no run.
    """
    journal = Journal(store)
    if number is None:
        number = journal.last_tag_run(under)
        if number is None:  # a file may have got its name since
            files = WrittenFiles(store)
            owners = [files.owner(path, fingerprint(path)) for path in under if os.path.isfile(path)]
            number = journal.last_tag_run_of([owner.number for owner in owners if owner is not None])
        return None if number is None else journal.run(number)
    run = journal.run(number)
    if run is None:
        raise AudiotagError(f"no run {number} in the journal; audiotag undo --list shows them")
    return run


def plan_undo(
    store: Store, run: Run, under: Sequence[bytes], before: Before | None = None
) -> Iterator[PlannedUndo]:
    """Decide on every file that a run wrote, at or below the absolute paths `under`, or on all.

    Files are only read. One that moved is followed; one whose genre is not what the run wrote, and
    another recording that lies there now, are left alone. before: called with a path and the
    fingerprint of what lies there before it is judged; with none, before any may be.
    """
    journal = Journal(store)
    for place in find_written(store, run.id, under, before):
        yield _plan_one(place, journal)


def undo(session: WritingSession, planned: PlannedUndo, options: WriteOptions) -> WriteResult:
    """Carry out one planned undo; it is in the journal like any write, and can be undone itself.

    A file that nobody has changed since gets its old bytes back, all of them; another one its
    old values. Of `options` keep_mtime, break_hardlinks and change_owner count. Raises TagReadError or
    TagWriteError, the file then being as it was.
    """
    job = _job(session, planned, options)
    return session.write(job.path, job.change, job.options, job.origin)


def undo_all(
    session: WritingSession, store: Store, run: Run, under: Sequence[bytes], options: WriteOptions
) -> Iterator[tuple[PlannedUndo, FileFault | None]]:
    """Plan and carry out the undo of a run, at or below the absolute paths `under`, or of all of it.

    Several files at a time; each comes in its turn, with the fault for which it was not written.
    """

    def job_of(planned: PlannedUndo) -> Job | None:
        is_wanted = planned.fault is None and planned.action == "write"
        return _job(session, planned, options) if is_wanted else None

    for planned, outcome in session.carry_out(plan_undo(store, run, under, session.settle_for), job_of):
        yield planned, outcome if isinstance(outcome, FileFault) else planned.fault


def _job(session: WritingSession, planned: PlannedUndo, options: WriteOptions) -> Job:
    assert planned.change is not None, "only what is to be written is carried out"
    wanted = WriteOptions(
        keep_mtime=options.keep_mtime,
        break_hardlinks=options.break_hardlinks,
        change_owner=options.change_owner,
        expected=planned.old,
        undo_of=replace(planned.write.record, delta=session.journal.delta(planned.write.id)),
        any_version=True,
    )
    origin = Origin(planned.write.found, undo_of=planned.write.id, file=planned.write.file)
    return Job(planned.path, planned.change, wanted, origin, planned.sound)


def _plan_one(place: Place, journal: Journal) -> PlannedUndo:
    write, path = place.write, place.path
    old, new = write.record.old["genre"], write.record.new["genre"]
    if place.reason:
        return PlannedUndo(write, path, "keep", new, new, place.reason)
    try:
        tags = read_tags(path)
    except FileFault as fault:
        return PlannedUndo(write, path, "keep", new, new, "failed", fault=fault)

    def keep(reason: str) -> PlannedUndo:
        return PlannedUndo(write, path, "keep", tags.stored, tags.stored, reason)

    if tags.stored != new:
        return keep(AS_BEFORE if tags.stored == old else CHANGED_SINCE)
    if old != new and not journal.is_as_left(write.file, tags.stored):
        # Undone already, and since then somebody chose the same genre.
        return keep(CHANGED_SINCE)
    change = _change(write, tags)
    now = fields_of(tags)
    if old == new and all(now.get(name, ()) == write.record.old[name] for name in write.record.old):
        return keep(AS_BEFORE)
    try:
        if not _has_its_sound(path, write, journal):
            return keep(REPLACED)
    except FileFault as fault:
        return PlannedUndo(write, path, "keep", new, new, "failed", fault=fault)
    return PlannedUndo(write, path, "write", tags.stored, change.genres, change=change, sound=place.sound)


def _has_its_sound(path: bytes, write: Write, journal: Journal) -> bool:
    """Whether a file that was changed since has all of the sound, not only the samples of it."""
    if write.record.sound is None or journal.left(write.file, identity_at(path) or ""):
        return True
    return is_same_sound(path, write.record.sound, write.record.payload)


def _change(write: Write, tags: TrackTags) -> Change:
    """The old values of what the write changed; fields that somebody changed since stay.

    Where the genre stood in another place alone, and somebody has removed that since, it goes
    where all look for it.
    """
    old, new, now = write.record.old, write.record.new, fields_of(tags)
    back = {name: old[name] for name in new if now.get(name, ()) == new[name]}
    texts = {name: values for name, values in back.items() if name in OWN_TEXTS}
    version = next((v for v in VERSIONS if back.get("id3_version") == (id3_name(v),)), None)
    places = {name: values for name, values in back.items() if name.startswith(PLACE)}
    was_elsewhere = not old["genre"] and any(name.startswith(PLACE) and old[name] for name in old)
    is_lost = was_elsewhere and not any(places.values()) and not any(map(_is_place, now))
    return Change(write.found if is_lost else old["genre"], texts, version, places)


def _is_place(name: str) -> bool:
    return name.startswith(PLACE)
