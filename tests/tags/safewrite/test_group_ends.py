"""Groups of writes that end early, or have few threads, open files or time."""

from __future__ import annotations

import os
import pkgutil
import resource
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audiotag.errors import FileFault, StoreError
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.safewrite import session
from audiotag.tags.safewrite.copy import TemporaryCopy, temporary_copy
from audiotag.tags.safewrite.lay import lay_down
from audiotag.tags.safewrite.record import WriteOptions, WriteResult
from audiotag.tags.safewrite.recover import recover
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.safewrite.write import Prepared, prepare
from tests.helpers.shelf import make_song
from tests.tags.journalled import writes_of
from tests.tags.runs import put_back
from tests.tags.safewrite.grouped import (
    COUNT,
    THREADS,
    copies,
    genres,
    job,
    small_groups,
    songs,
    states,
    write_all,
)

__all__ = ["small_groups", "songs"]  # fixtures


@pytest.mark.parametrize("end", [KeyboardInterrupt, StoreError("the journal is full")])
@pytest.mark.parametrize(
    "moment",
    [
        "audiotag.tags.safewrite.journal.Journal.plan",
        "os.replace",
        "audiotag.tags.safewrite.journal.Journal.settle",
        "audiotag.tags.safewrite.group.prepare",
        "step",
        "outcome",
    ],
)
@THREADS
def test_whatever_ends_a_run_each_file_is_whole(
    threads: int,
    moment: str,
    end: BaseException | type[BaseException],
    store: Store,
    songs: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = [song.read_bytes() for song in songs]
    count = 0

    def fifth() -> None:
        nonlocal count
        count += 1
        if count == 5:
            raise end

    def steps() -> Iterator[Path]:
        for song in songs:
            if moment == "step":
                fifth()
            yield song

    def after_five(name: str) -> None:
        owner, _, attribute = name.rpartition(".")
        real = getattr(pkgutil.resolve_name(owner), attribute)

        def counted(*given: object) -> object:
            fifth()
            return real(*given)

        monkeypatch.setattr(name, counted)

    def run() -> None:
        with WritingSession(store, "tag", threads=threads) as running:
            for _done in running.carry_out(steps(), job):
                if moment == "outcome":
                    fifth()

    if "." in moment:
        after_five(moment)
    with pytest.raises((KeyboardInterrupt, StoreError)):
        run()
    monkeypatch.undo()
    assert copies(songs) == []
    assert [one.name for one in threading.enumerate() if one.name.startswith("audiotag-")] == []
    recover(store)
    assert [state for state in states(store) if state == "planned"] == []
    written = [song for song in songs if read_tags(song).genres == ("Rock",)]
    assert [song.read_bytes() for song in songs if song not in written] == [
        data for data, song in zip(before, songs, strict=True) if song not in written
    ]
    assert [write.path for write in writes_of(store, 1)] == [os.fsencode(song) for song in written]
    if written:
        put_back(store)
    assert [song.read_bytes() for song in songs] == before


def test_a_run_that_is_ended_waits_for_no_long_file(
    store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy under way is given up at its next block."""
    begun = threading.Event()

    def endless(*arguments: Any) -> None:
        begun.set()
        while True:
            lay_down(*arguments)

    monkeypatch.setattr("audiotag.tags.safewrite.checks.lay_down", endless)

    def steps() -> Iterator[Path]:
        yield songs[0]
        assert begun.wait(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), WritingSession(store, "tag") as running:
        list(running.carry_out(steps(), job))
    assert copies(songs) == []
    assert genres(songs) == ["Folk"] * COUNT


def test_large_files_are_few_at_a_time(
    store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    most, made = songs[0].stat().st_size * 2, []
    monkeypatch.setattr(session, "_MOST_BYTES", most)

    def count(folder: bytes) -> AbstractContextManager[TemporaryCopy]:
        made.append(len(copies(songs)))
        return temporary_copy(folder)

    monkeypatch.setattr("audiotag.tags.safewrite.write.temporary_copy", count)
    write_all(store, songs)
    assert genres(songs) == ["Rock"] * COUNT
    assert max(made) <= 1  # beside the new one


@pytest.mark.parametrize("allowed", [0, 1, 4])
def test_few_threads(allowed: int, store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may allow few processes and threads: that slows a run down, and does not end it."""
    start, before = threading.Thread.start, threading.active_count()

    def start_if_allowed(self: threading.Thread) -> None:
        if threading.active_count() - before >= allowed:
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", start_if_allowed)
    write_all(store, songs)
    assert genres(songs) == ["Rock"] * COUNT
    assert states(store) == ["committed"] * COUNT


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("free", [12, 30])
def test_few_open_files(
    free: int, is_known: bool, store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more files are under way than the process may have open (`ulimit -n`)."""
    monkeypatch.setattr(session, "_GROUP", 16)
    if not is_known:  # other threads of the program have opened theirs since
        monkeypatch.setattr(session, "_OPEN_FILES_BESIDE", -1_000)
    many = [make_song(songs[0].with_name(f"m{number}.wav"), 100 + number, "Folk") for number in range(30)]
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (opened + free, limits[1]))
    try:
        done = write_all(store, many)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert [str(outcome) for outcome in done.values() if isinstance(outcome, FileFault)] == []
    assert genres(many) == ["Rock"] * len(many)


def test_another_recording_by_the_time_that_its_turn_comes(
    store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The genre was predicted from another sound; that the old genres are alike says nothing."""
    real, stranger = prepare, make_song(songs[0].with_name("stranger.wav"), 99, "Folk")

    def swapped(target: bytes, change: Change, options: WriteOptions) -> Prepared | WriteResult:
        if target == os.fsencode(songs[1]):
            stranger.replace(songs[1])
        return real(target, change, options)

    monkeypatch.setattr("audiotag.tags.safewrite.group.prepare", swapped)
    with WritingSession(store, "tag") as running:
        planned = running.carry_out(songs, lambda song: replace(job(song), sound=fingerprint(song)))
        done = {song.name: outcome for song, outcome in planned}
    assert "another recording lies there by now" in str(done["1.wav"])
    assert genres(songs) == ["Rock", "Folk"] + ["Rock"] * 5
    assert states(store) == ["committed", "failed"] + ["committed"] * 5
    assert copies(songs) == []


@pytest.mark.parametrize(
    "moment", ["group.sync_folder", "group.Entry.drop", "group._settle", "journal.Journal.settle"]
)
def test_an_end_after_the_replace_is_noted_as_such(
    moment: str, store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left for the next start to find out: letting go of files takes long."""
    name = f"audiotag.tags.safewrite.{moment}"
    owner, _, attribute = name.rpartition(".")
    real, calls = getattr(pkgutil.resolve_name(owner), attribute), 0

    def interrupted_once(*given: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(name, interrupted_once)
    with pytest.raises(KeyboardInterrupt), WritingSession(store, "tag") as running:
        list(running.carry_out(songs[:3], job))
    assert states(store) == ["committed"] * 3
    assert genres(songs) == ["Rock"] * 3 + ["Folk"] * 4
    assert copies(songs) == []
