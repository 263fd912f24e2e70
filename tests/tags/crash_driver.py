"""Kill a write, or a group of writes, at every step, and look at what is left. A program of its own: it
forks.

python -m tests.tags.crash_driver FOLDER FILE...                  prints one JSON object of counts
python -m tests.tags.crash_driver --at-random N FOLDER FILE...    N kills at any time, threads and all
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np

from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite import session
from audiotag.tags.safewrite.copy import is_temporary
from audiotag.tags.safewrite.group import Job
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import WriteOptions, WriteResult
from audiotag.tags.safewrite.recover import recover
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.undo import find_run, undo_all
from tests.helpers.tracks import track
from tests.tags.journalled import writes_of
from tests.tags.stepping import run_killed, why_not

GENRES = ("Hip-Hop", "Rock")


class Stage:
    """Songs, no two of one sound, and a library, set up afresh for each kill."""

    def __init__(self, sources: list[Path], folder: Path, threads: int) -> None:
        self.songs = [folder / f"song{number:02}{source.suffix}" for number, source in enumerate(sources)]
        self.library = folder / "library.db"
        self._sources, self._folder, self._threads = sources, folder, threads
        self.old = [source.read_bytes() for source in sources]
        self.new: list[bytes] = []
        self._blank = folder.with_name("blank.db")
        with Store(self._blank, write=True) as store:
            for song in self.songs:
                store.put(track(os.fsencode(song), [1.0, 0.0, 0.0]))

    def set_up(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        for source, song in zip(self._sources, self.songs, strict=True):
            shutil.copyfile(source, song)
        shutil.copyfile(self._blank, self.library)

    def write(self) -> None:
        """What is killed: a whole run, from opening the library to closing it."""
        options = WriteOptions(keep_mtime=True)
        with (
            Store(self.library, write=True) as store,
            WritingSession(store, "tag", threads=self._threads) as writing,
        ):
            jobs = [Job(os.fsencode(song), Change(GENRES), options, Origin(("Folk",))) for song in self.songs]
            outcomes = [outcome for _job, outcome in writing.carry_out(jobs, lambda job: job)]
            assert all(isinstance(outcome, WriteResult) for outcome in outcomes)

    def look(self) -> str:
        """Check all that must hold after a kill; returns "old", "new", or "some" if only some are new."""
        is_new = []
        for song, old, new in zip(self.songs, self.old, self.new, strict=True):
            data = song.read_bytes()
            assert data in (old, new), "a file is neither the old nor the new one"
            is_new.append(data == new)
        with Store(self.library, write=True) as store:
            recover(store)
            journal = Journal(store)
            assert journal.pending() == []
            assert journal.unfinished() == []
            writes = [write for run in journal.runs() for write in writes_of(store, run.id)]
            written = [song for song, is_so in zip(self.songs, is_new, strict=True) if is_so]
            assert [write.path for write in writes] == [*map(os.fsencode, written)], (
                "the journal does not agree with the files"
            )
            left = [name for name in os.listdir(self._folder) if is_temporary(os.fsencode(name))]
            assert not left, "a temporary copy was left"
            for write, song in zip(writes, written, strict=True):
                assert write.record.new["genre"] == read_tags(song).stored
            if written:
                self._undo(store)
        with closing(sqlite3.connect(self.library)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return "new" if all(is_new) else "some" if written else "old"

    def _undo(self, store: Store) -> None:
        run = find_run(store, None, [])
        assert run is not None
        with WritingSession(store, "undo", run.id, threads=self._threads) as writing:
            faults = [fault for _one, fault in undo_all(writing, store, run, [], WriteOptions())]
        assert not any(faults)
        assert [song.read_bytes() for song in self.songs] == self.old


def kill_at_every_step(stage: Stage) -> dict[str, int]:
    """Kill at step 1, 2, … until the writes come to their end."""
    found: Counter[str] = Counter()
    survived = False
    step = 0
    while not survived:
        step += 1
        stage.set_up()
        survived, _ = run_killed(stage.write, step)
        found[stage.look()] += 1
    return {"steps": step - 1, **found}


def kill_at_random(stage: Stage, times: int) -> dict[str, int]:
    """Kill after any time that is less than a whole run takes, in the middle of whatever its threads do."""
    found: Counter[str] = Counter()
    random = np.random.default_rng(5)
    context = multiprocessing.get_context("fork")
    longest = 0.0
    for number in range(times + 1):
        stage.set_up()
        process = context.Process(target=stage.write)
        started = time.monotonic()
        process.start()
        process.join(random.uniform(0.0, longest) if number else None)
        process.kill()
        process.join()
        longest = longest or time.monotonic() - started
        found[stage.look()] += 1
    return {"kills": times, **found}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--at-random", type=int, metavar="N")
    parser.add_argument("folder", type=Path)
    parser.add_argument("sources", type=Path, nargs="+")
    given = parser.parse_args()
    stage = Stage(given.sources, given.folder, threads=3 if given.at_random else 0)
    stage.set_up()
    reason = None if given.at_random else why_not()
    if reason is not None:
        print(json.dumps({"skip": reason}))
        return
    writing = multiprocessing.get_context("fork").Process(target=stage.write)
    writing.start()
    writing.join()
    assert writing.exitcode == 0
    stage.new = [song.read_bytes() for song in stage.songs]
    assert not any(new == old for new, old in zip(stage.new, stage.old, strict=True))
    if random := given.at_random:
        session._GROUP = 2  # so that there are more moments between the groups
    print(json.dumps(kill_at_random(stage, random) if random else kill_at_every_step(stage)))


if __name__ == "__main__":
    main()
