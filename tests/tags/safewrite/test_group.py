"""Several writes under way: each as safe as one alone, and none in the way of another."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audiotag.errors import FileFault
from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite import session
from audiotag.tags.safewrite.copy import is_temporary
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.lay import lay_down
from audiotag.tags.safewrite.record import Record, WriteResult
from audiotag.tags.safewrite.session import WritingSession
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


@THREADS
def test_all_are_written_and_given_back(threads: int, store: Store, songs: list[Path]) -> None:
    before = [song.read_bytes() for song in songs]
    done = write_all(store, songs, threads)
    assert list(done) == [song.name for song in songs]
    assert all(isinstance(result, WriteResult) and result.changed for result in done.values())
    assert genres(songs) == ["Rock"] * COUNT
    assert states(store) == ["committed"] * COUNT
    assert copies(songs) == []
    put_back(store)
    assert [song.read_bytes() for song in songs] == before


@THREADS
def test_steps_without_a_job_keep_their_turn(threads: int, store: Store, songs: list[Path]) -> None:
    with WritingSession(store, "tag", threads=threads) as running:
        done = list(running.carry_out(songs, lambda song: None if song == songs[3] else job(song)))
    assert [song for song, _outcome in done] == songs
    assert done[3][1] is None
    assert genres(songs) == ["Rock"] * 3 + ["Folk"] + ["Rock"] * 3


def test_few_steps_wait_for_one_that_is_under_way(
    store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a million files the first may be the only one to write."""
    monkeypatch.setattr(session, "_MOST_WAITING", 10)
    begun = 0

    def steps() -> Iterator[int]:
        nonlocal begun
        for begun in range(100):  # noqa: UP028  (how far it has come is looked at)
            yield begun

    with WritingSession(store, "tag") as running:
        for number, _outcome in running.carry_out(steps(), lambda n: None if n else job(songs[0])):
            assert begun - number <= 10
    assert genres(songs) == ["Rock"] + ["Folk"] * 6


def test_the_journal_knows_of_each_before_it_is_replaced(
    store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen by another process, so committed; and on the disk, for every commit of a run is synced."""
    replace, seen = os.replace, []

    def look_first(copy: bytes, path: bytes) -> None:
        with closing(sqlite3.connect(store.path)) as other:
            seen.append(other.execute("SELECT state FROM writes WHERE path = ?", (path,)).fetchall())
        assert store.execute("PRAGMA synchronous") == [(2,)]
        replace(copy, path)

    monkeypatch.setattr(os, "replace", look_first)
    write_all(store, songs)
    assert seen == [[("planned",)]] * COUNT


def test_copies_are_on_the_disk_before_the_journal_is(
    store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, plan, fsync = set(), Journal.plan, os.fsync

    def sync(descriptor: int) -> None:
        fsync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    def plan_synced(self: Journal, run: int, path: bytes, record: Record, origin: Origin) -> int:
        assert int(record.after.split(":")[1]) in synced
        return plan(self, run, path, record, origin)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Journal, "plan", plan_synced)
    write_all(store, songs)
    assert states(store) == ["committed"] * COUNT
    assert songs[0].parent.stat().st_ino in synced


@THREADS
def test_one_that_fails_costs_the_others_nothing(threads: int, store: Store, songs: list[Path]) -> None:
    songs[1].write_bytes(b"no song at all" * 100)
    os.link(songs[4], songs[4].with_suffix(".link"))
    done = write_all(store, songs, threads)
    assert [name for name, outcome in done.items() if isinstance(outcome, FileFault)] == ["1.wav", "4.wav"]
    assert "hard links" in str(done["4.wav"])
    assert genres([song for song in songs if song.name not in ("1.wav", "4.wav")]) == ["Rock"] * 5
    assert read_tags(songs[4]).genres == ("Folk",)
    assert states(store) == ["failed" if n in (1, 4) else "committed" for n in range(COUNT)]
    assert copies(songs) == []


def test_an_edit_between_the_journal_and_the_replace(
    store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def edit_the_next(copy: bytes, path: bytes) -> None:
        if path == os.fsencode(songs[0]):
            os.utime(songs[1], ns=(1, 1))
        replace(copy, path)

    monkeypatch.setattr(os, "replace", edit_the_next)
    done = write_all(store, songs)
    assert "changed it meanwhile" in str(done["1.wav"])
    assert genres(songs) == ["Rock", "Folk"] + ["Rock"] * 5
    assert states(store) == ["committed", "failed"] + ["committed"] * 5


def test_an_edit_right_after_the_replace(
    store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write has happened all the same; and what the library knows of the tags is not of that edit."""
    replace = os.replace

    def edit(copy: bytes, path: bytes) -> None:
        replace(copy, path)
        if path == os.fsencode(songs[0]):
            waiting.append(songs[0])

    def edit_before_the_sync(folder: bytes) -> None:
        for song in waiting:
            os.utime(song, ns=(1, 1))

    waiting: list[Path] = []
    monkeypatch.setattr(os, "replace", edit)
    monkeypatch.setattr("audiotag.tags.safewrite.group.sync_folder", edit_before_the_sync)
    done = write_all(store, songs)
    assert isinstance(done["0.wav"], WriteResult)
    assert states(store) == ["committed"] * COUNT


def test_a_file_that_is_asked_for_twice(store: Store, songs: list[Path]) -> None:
    """Its second write begins when the first one is done; by whatever name it is called."""
    link = songs[0].with_name("z.wav")
    link.symlink_to(songs[0])
    done = write_all(store, [songs[0], songs[0], link], genre="Rock")
    assert [outcome.changed for outcome in done.values() if isinstance(outcome, WriteResult)] == [
        False,
        False,
    ]
    assert genres(songs) == ["Rock"] + ["Folk"] * 6


def test_of_one_sound_they_follow_one_another(store: Store, songs: list[Path]) -> None:
    """Whose file is whose is told by the journal, which has to know of the first for the second."""
    twin = songs[0].with_name("twin.wav")
    twin.write_bytes(songs[0].read_bytes())
    write_all(store, [songs[0], twin, *songs[1:]])
    files = [write.file for write in writes_of(store, 1)]
    assert len(set(files)) == COUNT + 1
    write_all(store, [songs[0], twin, *songs[1:]], genre="Pop")
    assert [write.file for write in writes_of(store, 2)] == files


class TestFullDisk:
    """A disk that has room for one copy, but not for those of a group."""

    @pytest.fixture(autouse=True)
    def _full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("audiotag.tags.safewrite.checks.lay_down", self.lay)
        self.most, self.beside = 1, list[int]()

    def lay(self, *arguments: Any) -> None:
        folder = os.path.dirname(os.readlink(f"/proc/self/fd/{arguments[2]}"))
        count = sum(is_temporary(os.fsencode(name)) for name in os.listdir(folder))
        self.beside.append(count)
        if count > self.most:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        lay_down(*arguments)

    @THREADS
    def test_room_for_one(self, threads: int, store: Store, songs: list[Path]) -> None:
        done = write_all(store, songs, threads)
        assert [outcome for outcome in done.values() if isinstance(outcome, FileFault)] == []
        assert genres(songs) == ["Rock"] * COUNT
        assert states(store) == ["committed"] * COUNT
        assert max(self.beside) > 1
        assert copies(songs) == []

    @THREADS
    def test_room_for_none(self, threads: int, store: Store, songs: list[Path]) -> None:
        self.most = 0
        done = write_all(store, songs, threads)
        assert {"No space left on device; make room" in str(outcome) for outcome in done.values()} == {True}
        assert genres(songs) == ["Folk"] * COUNT
        assert states(store) == ["failed"] * COUNT
        assert copies(songs) == []

    def test_too_little_free_space_is_looked_at_again(
        self, store: Store, songs: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.most, real = COUNT, os.statvfs

        def space(path: bytes) -> os.statvfs_result:
            found = real(path)
            beside = [name for name in os.listdir(path) if is_temporary(os.fsencode(name))]
            return os.statvfs_result((*found[:3], 0, 0, *found[5:])) if beside else found

        monkeypatch.setattr(os, "statvfs", space)
        write_all(store, songs, 0)
        assert genres(songs) == ["Rock"] * COUNT
