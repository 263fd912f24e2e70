"""A run that writes: each write safe, and in the journal before it happens.

Several files are under way at a time: threads make, check and sync their copies, while this one
carries out those that are ready, a group at a time (group.py), in the order in which they came.
"""

from __future__ import annotations

import os
import resource
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from audiotag.errors import FileFault
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.safewrite.copy import sweep
from audiotag.tags.safewrite.group import Entry, Job, commit
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.journal_rows import Kind
from audiotag.tags.safewrite.record import WriteOptions, WriteResult
from audiotag.tags.safewrite.recover import Recovery, recover
from audiotag.tags.written_files import WrittenFiles
from audiotag.threads import threads as threads_of

Step = TypeVar("Step")

# More than cores: most of the time they wait for the disk.
_THREADS, _HELPERS = 4, 2
# Carried out together; as many more are being prepared meanwhile.
_GROUP = 16
# All copies under way take up no more, but for a single one that is larger.
_MOST_BYTES = 256 << 20
# Each has two files open, or some more for a moment; and some are opened by this thread.
_OPEN_FILES_EACH, _OPEN_FILES_BESIDE = 4, 16
# So many steps, most of them without a job, wait for one that is under way.
_MOST_WAITING = 200


@dataclass
class _UnderWay:
    """An entry, its sound and file by which others depend on it, and the thread's work on it."""

    entry: Entry
    sound: bytes | None
    node: tuple[int, int] | None
    size: int
    work: Future[None] | None = None


class WritingSession:
    """Writes of one run, on a library opened for writing; use as a context manager.

    `recovery` is what an earlier run that was killed had left open, None if nothing. `run` is
    the run's number in the journal, None until there is something to note. threads: how many
    prepare files beside this one; with 0 it does so itself.
    """

    def __init__(self, store: Store, kind: Kind, undo_of: int | None = None, threads: int = _THREADS) -> None:
        self._store, self._kind, self._undo_of = store, kind, undo_of
        self.journal, self._files = Journal(store), WrittenFiles(store)
        self._swept: set[bytes] = set()
        self._under_way: deque[_UnderWay] = deque()
        self._stopped = threading.Event()
        self.run: int | None = None
        self.recovery: Recovery | None = recover(store)
        self._most = _most_under_way()
        self._pool = threads_of(threads, "audiotag-write")
        self._helpers = threads_of(_HELPERS if threads else 0, "audiotag-close")

    def __enter__(self) -> WritingSession:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()
        if self.run is not None:
            self.journal.finish(self.run)

    def write(self, path: bytes, change: Change, options: WriteOptions, origin: Origin) -> WriteResult:
        """Carry out one change; the library learns the file's new size and time.

        Raises TagReadError or TagWriteError, the file then being as it was and the journal
        knowing why, and StoreError where the journal cannot be written.
        """
        self.settle()
        entry = self._begin(Job(path, change, options, origin), alone=True)
        self.settle()
        if entry.fault is not None:
            raise entry.fault
        assert entry.result is not None, "a write without a fault has a result"
        return entry.result

    def carry_out(
        self, steps: Iterable[Step], job_of: Callable[[Step], Job | None]
    ) -> Iterator[tuple[Step, WriteResult | FileFault | None]]:
        """Carry out the job of each step; gives each in its turn with what came of it, None without a job.

        The next steps are asked for while earlier ones are under way: `settle_for` keeps apart what
        depends on one another. Raises StoreError where the journal cannot be written.
        """
        waiting: deque[tuple[Step, Entry | None]] = deque()
        for step in steps:
            job = job_of(step)
            waiting.append((step, None if job is None else self._begin(job)))
            if len(waiting) > _MOST_WAITING:
                self.settle()
            yield from _outcomes(waiting)
        self.settle()
        yield from _outcomes(waiting)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def settle_for(self, path: bytes, sound: bytes | None) -> None:
        """Let nothing be under way on which the judgement of this file, or of this sound, may depend."""
        if self._under_way and self._depends(path, sound):
            self.settle()

    def settle(self) -> None:
        """Carry out all that is under way."""
        while self._under_way:
            self._commit_first(_GROUP)

    def _begin(self, job: Job, alone: bool = False) -> Entry:
        """Let a job be prepared, those before it being carried out that it may depend on."""
        # The run is noted before the first copy is made, so that a crash is known of.
        if self.run is None:
            self.run = self.journal.begin(self._kind, self._undo_of)
        sound = job.sound or fingerprint(job.path)
        if self._depends(job.path, sound):
            self.settle()
            sound = fingerprint(job.path)
        if job.origin.file is None:
            owner = self._files.owner(job.path, sound)
            origin = replace(job.origin, file=None if owner is None else owner.number)
            job = replace(job, origin=origin)
        self._sweep(os.path.dirname(os.path.realpath(job.path)))
        self._make_room(_size_of(job))
        entry = Entry(replace(job, options=replace(job.options, stopped=self._stopped.is_set)))
        one = _UnderWay(entry, sound, _node_of(job.path), _size_of(job))
        self._under_way.append(one)
        if alone:
            entry.prepare()
        else:
            one.work = self._pool.submit(entry.prepare)
        return entry

    def _depends(self, path: bytes, sound: bytes | None) -> bool:
        node = _node_of(path)
        return any(sound is None or one.sound in (sound, None) or one.node == node for one in self._under_way)

    def _make_room(self, size: int) -> None:
        """Carry out the first that are under way, if there are many of them, or large ones."""
        while count := len(self._under_way):
            taken = sum(one.size for one in self._under_way)
            if count < self._most and taken + size <= _MOST_BYTES:
                return
            self._commit_first(min(_GROUP, (count + 1) // 2))

    def _commit_first(self, count: int) -> None:
        """Carry out the first that are under way, in one group, when their copies are ready."""
        first = [self._under_way[i] for i in range(min(count, len(self._under_way)))]
        for one in first:
            if one.work is not None:
                one.work.result()
        # Where it was other copies that took up the room, it is there when they are gone.
        lacking = [one.entry for one in first if len(self._under_way) > 1 and one.entry.lacks_room()]
        self._commit([one.entry for one in first if one.entry not in lacking])
        for _one in first:
            self._under_way.popleft()
        if lacking:
            self.settle()
        for entry in lacking:
            try:
                entry.prepare()
                self._commit([entry])
            finally:
                entry.drop()

    def _commit(self, entries: list[Entry]) -> None:
        assert self.run is not None, "a run is begun before its first entry"
        commit(self._store, self.run, entries, self._helpers)

    def _drop(self) -> None:
        """End what is under way without carrying it out: after all is done, or something ended the run."""
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._helpers.shutdown()
        for one in self._under_way:
            one.entry.drop()
        self._under_way.clear()

    def _sweep(self, folder: bytes) -> None:
        """Once a folder: a crash of which this library knows nothing may have left copies there."""
        if folder not in self._swept:
            self._swept.add(folder)
            sweep(folder)


def _outcomes(
    waiting: deque[tuple[Step, Entry | None]],
) -> Iterator[tuple[Step, WriteResult | FileFault | None]]:
    """Those of the first steps that are done."""
    while waiting and (waiting[0][1] is None or waiting[0][1].is_done):
        step, entry = waiting.popleft()
        yield step, None if entry is None else entry.fault or entry.result


def _most_under_way() -> int:
    """As many as are prepared beside a group; fewer where the process may not open so many files."""
    allowed, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return 2 * _GROUP
    free = allowed - _OPEN_FILES_BESIDE
    with suppress(OSError):  # a system that does not tell
        free -= len(os.listdir("/dev/fd"))
    return max(1, min(2 * _GROUP, free // _OPEN_FILES_EACH))


def _node_of(path: bytes) -> tuple[int, int] | None:
    with suppress(OSError):
        status = os.stat(path)
        return status.st_dev, status.st_ino
    return None


def _size_of(job: Job) -> int:
    """Of its copy, and of what is kept in memory for it."""
    back = job.options.undo_of
    kept = 0 if back is None or back.delta is None else len(back.delta)
    with suppress(OSError):
        return os.stat(job.path).st_size + kept
    return kept
