"""Writes that fail as they should, and one that a crash cut off."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audiotag.errors import FileFault
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import Record, WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.safewrite.write import safe_write

ROCK = Change(("Rock",))
# What a crash left beside a file.
COPY = ".audiotag-0123456789abcdef.tmp"


def failing_write(store: Store, path: Path, reason: str) -> None:
    """A run that writes this file fails for this reason; the journal says so, the file is as it was."""
    data = path.read_bytes()
    with WritingSession(store, "tag") as session:
        with pytest.raises(FileFault, match=reason) as caught:
            session.write(os.fsencode(path), ROCK, WriteOptions(), Origin())
        assert "\n" not in str(caught.value)
        assert path.name in str(caught.value)
    (run,) = Journal(store).runs()
    assert (run.written, run.failed) == (0, 1)
    (error,) = store.execute("SELECT error FROM writes WHERE state = 'failed'")
    assert error == (str(caught.value),)
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]


def assert_untouched(track: Path, data: bytes, status: os.stat_result) -> None:
    """The file is the very same one, and no copy was left beside it."""
    now = track.stat()
    assert track.read_bytes() == data
    assert (now.st_ino, now.st_mtime_ns, now.st_mode) == (status.st_ino, status.st_mtime_ns, status.st_mode)
    assert os.listdir(track.parent) == [track.name]


def refused(track: Path, reason: str, options: WriteOptions | None = None) -> None:
    """Writing this file fails for this reason, in one line that names it, and leaves it alone."""
    data, status = track.read_bytes(), track.stat()
    with pytest.raises(FileFault, match=reason) as caught:
        safe_write(track, ROCK, options)
    assert "\n" not in str(caught.value)
    assert track.name in str(caught.value)
    assert_untouched(track, data, status)


class PowerCut(BaseException):
    """The end of everything, as no except clause expects it."""


def crash(store: Store, song: Path, *, before_the_replace: bool) -> None:
    """Leave a run as a crash leaves it: begun, with one planned write, unfinished."""
    journal = Journal(store)
    run = journal.begin("tag")

    def plan(record: Record) -> None:
        journal.plan(run, os.fsencode(song), record, Origin(("Folk",)))
        if before_the_replace:
            raise PowerCut

    try:
        safe_write(song, ROCK, WriteOptions(on_commit=plan))
    except PowerCut:
        (song.parent / COPY).write_bytes(b"left behind")
