"""Several prepared writes carried out together: one entry in the journal, then each file's replace.

The law is that of a single one: a file is replaced once the journal's row of it is on the disk.
The rows of a group get there in one transaction, and so does afterwards how they ended; a folder
is synced once. Each file is replaced by itself: what happens to one does not touch the others,
and a crash leaves some that are replaced and some that are not, which the journal tells apart by
looking (recover.py).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass

from audiotag.atomic import sync_folder
from audiotag.errors import DISK_FULL, FileFault, StoreError
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.known import known_tags, state_of
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.obstacles import NoRoomError, refused
from audiotag.tags.safewrite.record import WriteOptions, WriteResult, identity, stamp_of
from audiotag.tags.safewrite.write import Prepared, prepare

# Of what they lack others may have taken too much: of the disk, or of the files that may be open.
_SHARED = (*DISK_FULL, errno.EMFILE, errno.ENFILE)
_STOPPED = "the run was stopped before this file was replaced"


@dataclass(frozen=True)
class Job:
    """One change to carry out, and why. sound: the file's fingerprint, if it has just been taken."""

    path: bytes
    change: Change
    options: WriteOptions
    origin: Origin
    sound: bytes | None = None


class Entry:
    """A job under way: `made` once it is prepared, or its `result`, or the `fault` that ended it.

    replaced: the file as it was right after its replace.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.made: Prepared | None = None
        self.result: WriteResult | None = None
        self.fault: FileFault | None = None
        self.replaced: os.stat_result | None = None
        self.is_done = False

    def prepare(self) -> None:
        """Do all that can be done before the journal is told. Raises nothing for a fault of the file."""
        self.fault = None
        try:
            made = prepare(self.job.path, self.job.change, self.job.options)
        except FileFault as fault:
            self.fault = fault
        else:
            if isinstance(made, Prepared):
                self.made = made
                self._check_sound(made)
            else:
                self.result = made

    def _check_sound(self, made: Prepared) -> None:
        """A job may have waited its turn for a while: the genre is for what was heard when it was planned."""
        wanted, found = self.job.sound, made.record.sound
        # Of a damaged structure the record has no fingerprint.
        if wanted not in (None, found) and fingerprint(self.job.path) != wanted:
            self.fault = refused(self.job.path, "another recording lies there by now; scan again")

    def lacks_room(self) -> bool:
        """Whether it failed for want of what other copies beside it may have taken up."""
        return self.fault is not None and self.made is None and _is_for_room(self.fault)

    def drop(self) -> None:
        """Let go of its files; its copy goes, if it has not taken the file's place."""
        if self.made is not None:
            try:
                self.made.close()
            except FileFault as fault:
                self.fault = self.fault or fault


def commit(store: Store, run: int, entries: Sequence[Entry], helpers: Executor) -> None:
    """Carry out what is prepared and note what is not; each entry then has its result or its fault.

    helpers: let go of the files: of one that was replaced the system takes its time to free the blocks.
    Raises StoreError where the journal cannot be written: no file is replaced of which it does not
    know. Whatever ends it, Ctrl-C included, each file is wholly old or wholly new.
    """
    journal = Journal(store)
    planned: list[tuple[int, Entry, Prepared]] = []
    try:
        with store.transaction():
            for entry in entries:
                made = _checked(entry)
                if made is not None:
                    number = journal.plan(run, entry.job.path, made.record, entry.job.origin)
                    planned.append((number, entry, made))
                elif entry.fault is not None:
                    # The plan may have gone by what the library knew, where a file system shows no
                    # change: the next one reads the file.
                    store.set_tags([(entry.job.path, None)])
                    journal.refuse(run, entry.job.path, str(entry.fault), entry.job.origin)
        for _number, entry, made in planned:
            _replace(entry, made)
        dropping = [helpers.submit(entry.drop) for entry in entries]
        _sync(planned)
        for work in dropping:
            work.result()
        _settle(store, journal, planned)
    except BaseException:
        with suppress(StoreError, OSError):  # what could not be noted, the next start finds out
            _sync(planned)
            _settle(store, journal, planned)
        raise
    for entry in entries:
        entry.is_done = True


def _checked(entry: Entry) -> Prepared | None:
    """What is prepared, if nobody has touched the file since."""
    if entry.made is None or entry.fault is not None:
        return None
    try:
        entry.made.check()
    except FileFault as fault:
        entry.fault = fault
        return None
    return entry.made


def _replace(entry: Entry, made: Prepared) -> None:
    try:
        entry.replaced = made.replace()
    except FileFault as fault:
        entry.fault = fault


def _sync(planned: Sequence[tuple[int, Entry, Prepared]]) -> None:
    """Make the new names survive a power cut."""
    for folder in dict.fromkeys(made.folder for _number, _entry, made in planned):
        sync_folder(folder)


def _settle(store: Store, journal: Journal, planned: Sequence[tuple[int, Entry, Prepared]]) -> None:
    """Note how each write ended; after a fault by a look at the file: it may have come behind the replace."""
    with store.transaction():
        for number, entry, made in planned:
            if entry.replaced is None and not _is_there(entry.job.path, made.record.after):
                journal.settle(number, "failed", _STOPPED if entry.fault is None else str(entry.fault))
            elif entry.fault is not None:  # a fault of closing what was left, after the replace
                journal.settle(number, "committed", str(entry.fault))
            else:
                entry.result = made.result
                journal.settle(number, "committed")
                _tell_library(store, entry, made)


def _tell_library(store: Store, entry: Entry, made: Prepared) -> None:
    """The library learns the file's new size and time, and what its tags say."""
    record, path = made.record, entry.job.path
    store.restamp(path, stamp_of(record.before), stamp_of(record.after), record.sound)
    if entry.replaced is not None:
        store.set_tags([(path, known_tags(made.result.tags, state_of(entry.replaced)))])


def _is_there(path: bytes, wanted: str) -> bool:
    with suppress(OSError):
        return identity(os.stat(path)) == wanted
    return False


def _is_for_room(fault: BaseException | None) -> bool:
    while fault is not None:
        if isinstance(fault, NoRoomError) or getattr(fault, "errno", None) in _SHARED:
            return True
        fault = fault.__cause__
    return False
