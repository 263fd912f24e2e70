"""A library that may only be read is read, and nothing is made beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from audiotag.doctor import _library
from audiotag.errors import StoreError
from audiotag.library import connect
from audiotag.library.connect import connect_to_read
from audiotag.library.disk import is_full
from audiotag.library.faults import sqlite_faults
from audiotag.library.health import examine
from audiotag.library.migrate import migrate
from audiotag.library.schema import MIGRATIONS
from audiotag.library.store import Store
from tests.helpers.people import as_somebody_else, open_folder
from tests.helpers.tracks import track


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


def filled(path: Path, count: int = 3) -> Path:
    with Store(path, write=True) as store:
        for number in range(count):
            store.put(track(b"/m/%d.mp3" % number, [1.0, 0.0, 0.0]))
    return path


def killed(path: Path) -> Path:
    """A library whose writer was killed: all that it holds waits in the WAL file."""
    original = filled(path.with_name("original.db"), 1)
    with Store(original, write=True) as store:
        store.put(track(b"/m/late.mp3", [0.0, 1.0, 0.0]))
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{original}{suffix}", f"{path}{suffix}")
    for suffix in ("", ".lock"):
        os.unlink(f"{original}{suffix}")
    return path


def lock_up(folder: Path, mode: int = 0o555) -> list[str]:
    """Nothing in the folder, nor itself, may be written by others; returns its names."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(mode)
    return sorted(os.listdir(folder))


def paths(path: Path) -> list[bytes]:
    with Store(path, write=False) as store:
        return [found.path for found in store.tracks()]


@pytest.mark.parametrize("mode", [0o555, 0o777])
def test_one_that_lies_still(mode: int, folder: Path) -> None:
    """In a folder of others' too: a file made there would be ours, and shut them out."""
    path = filled(folder / "l.db")
    (folder / "l.db.lock").unlink()
    before = lock_up(folder, mode)
    assert as_somebody_else(lambda: paths(path)) == [b"/m/0.mp3", b"/m/1.mp3", b"/m/2.mp3"]
    assert as_somebody_else(lambda: examine(path).tracks) == {"ok": 3}
    assert sorted(os.listdir(folder)) == before


@pytest.mark.parametrize("mode", [0o555, 0o777])
def test_one_whose_writer_was_killed_gives_all_that_was_stored(
    mode: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = killed(folder / "l.db")
    before = lock_up(folder, mode)
    assert as_somebody_else(lambda: paths(path)) == [b"/m/0.mp3", b"/m/late.mp3"]
    assert as_somebody_else(lambda: examine(path).tracks) == {"ok": 2}
    assert sorted(os.listdir(folder)) == before


def test_what_was_copied_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = killed(folder / "l.db")
    lock_up(folder)
    with open_folder() as temporary:
        temporary.chmod(0o777)
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        assert len(as_somebody_else(lambda: paths(path))) == 2
        assert os.listdir(temporary) == []


def test_one_that_its_owner_writes_to_meanwhile(folder: Path) -> None:
    path = filled(folder / "l.db")
    with Store(path, write=True) as store:
        store.put(track(b"/m/new.mp3", [1.0, 0.0, 0.0]))
        assert len(as_somebody_else(lambda: paths(path))) == 4


def test_one_whose_folder_alone_is_in_the_way(folder: Path) -> None:
    """Its file may be written, but nothing can be made beside it."""
    path = filled(folder / "l.db")
    before = lock_up(folder)
    path.chmod(0o666)
    assert as_somebody_else(lambda: paths(path)) == [b"/m/0.mp3", b"/m/1.mp3", b"/m/2.mp3"]
    assert sorted(os.listdir(folder)) == before


def test_any_other_fault_is_not_got_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_db: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    path = filled(tmp_path / "l.db")
    monkeypatch.setattr(connect, "_tried", fail)
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        connect_to_read(path)


def test_one_that_never_lies_still_cannot_be_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = killed(folder / "l.db")
    lock_up(folder)
    stamps = count()
    monkeypatch.setattr(connect, "_stamp", lambda _path: (next(stamps), 0, 0))
    with open_folder() as temporary:
        temporary.chmod(0o777)
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        with pytest.raises(StoreError, match="another run is writing to it; try again"):
            as_somebody_else(lambda: paths(path))
        assert os.listdir(temporary) == []


def test_through_a_link(folder: Path, tmp_path: Path) -> None:
    (folder / "real").mkdir()
    killed(folder / "real/l.db")
    (folder / "link.db").symlink_to("real/l.db")
    lock_up(folder / "real")
    assert len(as_somebody_else(lambda: paths(folder / "link.db"))) == 2


def test_one_that_is_written_to_after_all_is_not_believed(folder: Path) -> None:
    path = filled(folder / "l.db")
    lock_up(folder)

    def read_late() -> list[bytes]:
        with Store(path, write=False) as store:
            os.write(asking_writing, b"now")
            os.read(telling, 1)
            return [found.path for found in store.tracks()]

    asking, asking_writing = os.pipe()
    telling, telling_writing = os.pipe()
    writer = os.fork()
    if writer == 0:
        os.read(asking, 3)
        folder.chmod(0o755)
        path.chmod(0o644)
        with Store(path, write=True) as store:
            store.put(track(b"/m/new.mp3", [1.0, 0.0, 0.0]))
        os.write(telling_writing, b".")
        os._exit(0)
    with pytest.raises(StoreError, match="another run wrote to it while it was read"):
        as_somebody_else(read_late)
    os.waitpid(writer, 0)


class TestWhatItCannot:
    def test_be_written_to(self, folder: Path) -> None:
        path = filled(folder / "l.db")
        before = lock_up(folder)
        for mode in (0o555, 0o777):
            folder.chmod(mode)
            with pytest.raises(StoreError, match="--db") as caught:
                as_somebody_else(lambda: Store(path, write=True))
            assert "\n" not in str(caught.value)
        assert set(os.listdir(folder)) - {"l.db.lock"} == set(before) - {"l.db.lock"}

    def test_be_written_to_though_a_lock_can_be_made(self, folder: Path) -> None:
        path = filled(folder / "l.db")
        (folder / "l.db.lock").unlink()
        lock_up(folder, 0o777)
        with pytest.raises(StoreError, match=r"l\.db: may only be read; choose another place with --db"):
            as_somebody_else(lambda: Store(path, write=True))

    @pytest.mark.parametrize("mode", [0o555, 0o777])
    def test_be_brought_up_to_date(self, mode: int, folder: Path) -> None:
        path = folder / "l.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            migrate(db, path, MIGRATIONS[:2])
        lock_up(folder, mode)
        with pytest.raises(StoreError, match=r"older audiotag \(schema 2.*owner") as caught:
            as_somebody_else(lambda: paths(path))
        assert "\n" not in str(caught.value)

    def test_be_read_without_the_right_to(self, folder: Path) -> None:
        path = filled(folder / "l.db")
        path.chmod(0o600)
        with pytest.raises(StoreError, match=r"l\.db"):
            as_somebody_else(lambda: paths(path))


def test_the_doctor_is_content_with_one_that_may_only_be_read(folder: Path) -> None:
    path = filled(folder / "l.db")
    lock_up(folder)
    findings = as_somebody_else(lambda: list(_library(path)))
    assert [finding.problem for finding in findings if finding.problem] == []
    assert any("may only be read" in finding.value for finding in findings)


class TestAFullDisk:
    @pytest.mark.parametrize("text", ["database or disk is full", "disk I/O error"])
    def test_is_called_that(self, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("audiotag.library.faults.is_full", lambda _path: True)
        with pytest.raises(StoreError, match="the disk is full"), sqlite_faults(tmp_path / "l.db"):
            raise sqlite3.OperationalError(text)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("disk I/O error", "does not work"),
            ("attempt to write a readonly database", "cannot be opened for writing"),
            ("interrupted", r"interrupted \(library\)"),
        ],
    )
    def test_is_not_a_broken_one(self, text: str, words: str, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match=words), sqlite_faults(tmp_path / "l.db"):
            raise sqlite3.OperationalError(text)

    def test_one_that_does_not_tell_has_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_folder: Path) -> None:
            raise OSError(38, "Function not implemented")

        monkeypatch.setattr(os, "statvfs", fail)
        assert not is_full(tmp_path / "l.db")

    @pytest.mark.parametrize(("number", "words"), [(28, "the disk is full"), (122, "your quota")])
    def test_or_a_quota(self, number: int, words: str, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match=words), sqlite_faults(tmp_path / "l.db"):
            raise OSError(number, os.strerror(number))

    def test_this_one_has_room(self, tmp_path: Path) -> None:
        assert not is_full(tmp_path / "sub/l.db")

    def test_the_first_fault_is_the_one_to_tell(self, tmp_path: Path) -> None:
        """SQLite has rolled back by itself then; that there is nothing to roll back is no news."""
        with Store(tmp_path / "l.db", write=True) as store:
            store.execute("CREATE TABLE t (a)")
            store.execute("PRAGMA max_page_count = 1")
            with pytest.raises(StoreError, match="disk is full"):
                store.execute_many("INSERT INTO t VALUES (?)", [(b"x" * 9_000,)] * 50)
            with pytest.raises(StoreError, match="disk is full"):
                store.move(b"/a", track(b"/b" + b"x" * 50_000, [1.0, 0.0, 0.0]))


@pytest.mark.parametrize("make", [filled, killed])
def test_looking_it_over_changes_nothing(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "l.db")
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    assert sum(examine(path).tracks.values()) >= 2
    after = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    assert {name: data for name, data in after.items() if not name.endswith("-shm")} == before


def test_reading_leaves_no_connection_open_after_a_fault(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are notes, not a library\n" * 50)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        connect_to_read(tmp_path / "notes.db")
