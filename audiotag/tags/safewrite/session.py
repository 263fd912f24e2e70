"""A run that writes: each write safe, and in the journal before it happens."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace

from audiotag.errors import FileFault
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.known import known_tags, state_of
from audiotag.tags.safewrite.copy import sweep
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.journal_rows import Kind
from audiotag.tags.safewrite.recover import Recovery, recover
from audiotag.tags.safewrite.write import Record, WriteOptions, WriteResult, identity, safe_write, stamp_of
from audiotag.tags.written_files import WrittenFiles


class WritingSession:
    """Writes of one run, on a library opened for writing; use as a context manager.

    `recovery` is what an earlier run that was killed had left open, None if nothing. `run` is
    the run's number in the journal, None until there is something to note.
    """

    def __init__(self, store: Store, kind: Kind, undo_of: int | None = None) -> None:
        self._store, self._kind, self._undo_of = store, kind, undo_of
        self.journal, self._files = Journal(store), WrittenFiles(store)
        self._swept: set[bytes] = set()
        self.run: int | None = None
        self.recovery: Recovery | None = recover(store)

    def __enter__(self) -> WritingSession:
        return self

    def __exit__(self, *_: object) -> None:
        if self.run is not None:
            self.journal.finish(self.run)

    def write(self, path: bytes, change: Change, options: WriteOptions, origin: Origin) -> WriteResult:
        """Carry out one change; the library learns the file's new size and time.

        Raises TagReadError or TagWriteError, the file then being as it was and the journal
        knowing why, and StoreError where the journal cannot be written.
        """
        # The run is noted before the first copy is made, so that a crash is known of.
        run = self._begun()
        if origin.file is None:
            owner = self._files.owner(path, fingerprint(path))
            origin = replace(origin, file=None if owner is None else owner.number)
        self._sweep(os.path.dirname(os.path.realpath(path)))
        planned: list[tuple[int, Record]] = []

        def plan(record: Record) -> None:
            planned.append((self.journal.plan(run, path, record, origin), record))

        try:
            result = safe_write(path, change, replace(options, on_commit=plan))
        except FileFault as fault:
            if not planned:
                # The plan may have gone by what the library knew, where a file system shows no
                # change: the next one reads the file.
                self._store.set_tags([(path, None)])
                self.journal.refuse(run, path, str(fault), origin)
            elif not _is_there(path, planned[0][1].after):
                self.journal.settle(planned[0][0], "failed", str(fault))
            else:  # a fault of closing what was left, after the replace
                self.journal.settle(planned[0][0], "committed", str(fault))
            raise
        if result.changed:
            number, record = planned[0]
            self.journal.settle(number, "committed")
            self._store.restamp(path, stamp_of(record.before), stamp_of(record.after), record.sound)
            with suppress(OSError):  # gone already: the next scan will see that
                self._store.set_tags([(path, known_tags(result.tags, state_of(os.stat(path))))])
        return result

    def _sweep(self, folder: bytes) -> None:
        """Once a folder: a crash of which this library knows nothing may have left copies there."""
        if folder not in self._swept:
            self._swept.add(folder)
            sweep(folder)

    def _begun(self) -> int:
        if self.run is None:
            self.run = self.journal.begin(self._kind, self._undo_of)
        return self.run


def _is_there(path: bytes, wanted: str) -> bool:
    with suppress(OSError):
        return identity(os.stat(path)) == wanted
    return False
