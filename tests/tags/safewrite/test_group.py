"""Several writes under way: each as safe as one alone, and none in the way of another."""

from __future__ import annotations

import errno
import os
import pkgutil
import resource
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing
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
from audiotag.tags.safewrite.copy import TemporaryCopy, is_temporary, temporary_copy
from audiotag.tags.safewrite.group import Job
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.lay import lay_down
from audiotag.tags.safewrite.record import Record, WriteOptions, WriteResult
from audiotag.tags.safewrite.recover import recover
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.safewrite.write import Prepared, prepare
from tests.helpers.shelf import make_song
from tests.tags.journalled import writes_of
from tests.tags.runs import put_back

COUNT = 7
THREADS = pytest.mark.parametrize("threads", [0, 3])


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [make_song(tmp_path / "music" / f"{number}.wav", number, "Folk") for number in range(COUNT)]


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_GROUP", 3)


def job(path: Path, genre: str = "Rock") -> Job:
    return Job(os.fsencode(path), Change((genre,)), WriteOptions(), Origin(("Folk",)))


def write_all(
    store: Store, songs: Iterable[Path], threads: int = 3, genre: str = "Rock"
) -> dict[str, WriteResult | FileFault | None]:
    with WritingSession(store, "tag", threads=threads) as running:
        done = running.carry_out(songs, lambda song: job(song, genre))
        return {song.name: outcome for song, outcome in done}


def genres(songs: list[Path]) -> list[str]:
    return [read_tags(song).genres[0] for song in songs]


def copies(songs: list[Path]) -> list[str]:
    return [name for name in os.listdir(songs[0].parent) if is_temporary(os.fsencode(name))]


def states(store: Store) -> list[str]:
    return [state for (state,) in store.execute("SELECT state FROM writes ORDER BY path, id")]


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
