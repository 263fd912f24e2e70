"""Kill a write at every step, and look at what is left. A program of its own: it forks.

python -m tests.tags.crash_driver FILE FOLDER     prints one JSON object of counts
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.copy import is_temporary
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.recover import recover
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.undo import find_run, plan_undo, undo
from tests.helpers.tracks import track
from tests.tags.journalled import writes_of
from tests.tags.stepping import run_killed, why_not

GENRES = ("Hip-Hop", "Rock")


class Stage:
    """A song and a library, set up afresh for each kill."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.song = folder / f"song{source.suffix}"
        self.library = folder / "library.db"
        self._source, self._folder = source, folder
        self.old = source.read_bytes()
        self._blank = folder.with_name("blank.db")
        with Store(self._blank, write=True) as store:
            store.put(track(os.fsencode(self.song), [1.0, 0.0, 0.0]))

    def set_up(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        shutil.copyfile(self._source, self.song)
        shutil.copyfile(self._blank, self.library)

    def write(self) -> None:
        """What is killed: a whole run, from opening the library to closing it."""
        with Store(self.library, write=True) as store, WritingSession(store, "tag") as session:
            options = WriteOptions(keep_mtime=True)
            session.write(os.fsencode(self.song), Change(GENRES), options, Origin(("Folk",)))

    def look(self, new: bytes) -> str:
        """Check all that must hold after a kill; returns "old" or "new"."""
        data = self.song.read_bytes()
        assert data in (self.old, new), "the file is neither the old nor the new one"
        is_new = data == new
        with Store(self.library, write=True) as store:
            recover(store)
            journal = Journal(store)
            assert journal.pending() == []
            assert journal.unfinished() == []
            writes = [write for run in journal.runs() for write in writes_of(store, run.id)]
            assert len(writes) == is_new, "the journal does not agree with the file"
            left = [name for name in os.listdir(self._folder) if is_temporary(os.fsencode(name))]
            assert not left, "a temporary copy was left"
            if is_new:
                assert writes[0].record.new["genre"] == read_tags(self.song).stored
                self._undo(store)
        with closing(sqlite3.connect(self.library)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return "new" if is_new else "old"

    def _undo(self, store: Store) -> None:
        run = find_run(store, None, [])
        assert run is not None
        with WritingSession(store, "undo", run.id) as session:
            for planned in plan_undo(store, run, []):
                undo(session, planned, WriteOptions())
        assert self.song.read_bytes() == self.old


def main(source: Path, folder: Path) -> None:
    """Kill at step 1, 2, … until the write comes to its end."""
    reason = why_not()
    if reason is not None:
        print(json.dumps({"skip": reason}))
        return
    stage = Stage(source, folder)
    stage.set_up()
    assert run_killed(stage.write, 0)[0]
    new = stage.song.read_bytes()
    assert new != stage.old
    found: Counter[str] = Counter()
    survived = False
    step = 0
    while not survived:
        step += 1
        stage.set_up()
        survived, _ = run_killed(stage.write, step)
        found[stage.look(new)] += 1
    print(json.dumps({"steps": step - 1, **found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
