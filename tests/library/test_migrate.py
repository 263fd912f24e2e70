"""An older library is brought up to date: backup first, one step a transaction, nothing lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from audiotag.errors import LibraryLockedError, StoreError
from audiotag.library.lock import take_lock
from audiotag.library.migrate import backup_path, check, migrate
from audiotag.library.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from audiotag.library.store import Store
from tests.helpers.tracks import track

STEPS = (
    ("CREATE TABLE songs (name TEXT)",),
    ("ALTER TABLE songs ADD COLUMN year INTEGER", "UPDATE songs SET year = 1999"),
    ("CREATE TABLE albums (name TEXT)",),
)


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def version_of(path: Path) -> int:
    with closing(connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A library of schema version 1 of STEPS, with a row in it."""
    path = tmp_path / "library.db"
    with closing(connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        migrate(db, path, STEPS[:1])
        db.execute("INSERT INTO songs VALUES ('first')")
    return path


def test_a_new_library_gets_all_steps_and_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(connect(path)) as db:
        assert not check(db, path, STEPS)
        migrate(db, path, STEPS)
        assert check(db, path, STEPS)
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert (version_of(path), os.listdir(tmp_path)) == (3, ["library.db"])


def test_each_step_has_a_backup_from_before_it(old: Path) -> None:
    old.chmod(0o600)
    with closing(connect(old)) as db:
        migrate(db, old, STEPS)
        assert db.execute("SELECT * FROM songs").fetchall() == [("first", 1999)]
    for version in (1, 2):
        backup = backup_path(old, version)
        assert (version_of(backup), backup.stat().st_mode & 0o777) == (version, 0o600)
    with closing(connect(backup_path(old, 1))) as db:
        assert db.execute("SELECT * FROM songs").fetchall() == [("first",)]
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(old.parent.glob("*.part*"))


def test_a_backup_put_back_is_a_library(old: Path) -> None:
    with closing(connect(old)) as db:
        migrate(db, old, STEPS)
    os.replace(backup_path(old, 1), old)
    with closing(connect(old)) as db:
        migrate(db, old, STEPS)
        assert db.execute("SELECT * FROM songs").fetchall() == [("first", 1999)]


def test_a_step_that_fails_changes_nothing(old: Path) -> None:
    broken = (*STEPS[:1], (*STEPS[1], "NONSENSE"))
    with closing(connect(old)) as db:
        with pytest.raises(sqlite3.OperationalError, match="NONSENSE"):
            migrate(db, old, broken)
        assert db.execute("SELECT * FROM songs").fetchall() == [("first",)]
        migrate(db, old, STEPS)
    assert version_of(old) == 3


def test_no_step_is_taken_without_its_backup(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_source: object, _target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with closing(connect(old)) as db, pytest.raises(OSError, match="No space"):
        migrate(db, old, STEPS)
    assert version_of(old) == 1
    assert not list(old.parent.glob("*.part*"))


@pytest.mark.parametrize("moment", ["UPDATE songs", "COMMIT", "CREATE TABLE albums"])
def test_a_kill_leaves_a_library_of_some_version(moment: str, old: Path) -> None:
    code = (
        "import os, signal, sqlite3, sys; from pathlib import Path\n"
        "from audiotag.library.migrate import migrate; from tests.library.test_migrate import STEPS\n"
        "path, moment = Path(sys.argv[1]), sys.argv[2]\n"
        "db = sqlite3.connect(path, isolation_level=None)\n"
        "def die(statement):\n"
        "    if statement.startswith(moment): os.kill(os.getpid(), signal.SIGKILL)\n"
        "db.set_trace_callback(die)\n"
        "migrate(db, path, STEPS)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(old), moment], check=False)
    assert done.returncode == -signal.SIGKILL
    assert version_of(old) == (2 if moment == "CREATE TABLE albums" else 1)
    with closing(connect(old)) as db:
        migrate(db, old, STEPS)
        assert db.execute("SELECT * FROM songs").fetchall() == [("first", 1999)]


class TestThroughTheStore:
    """A real library of the first schema, as the first release made it."""

    @pytest.fixture
    def first(self, tmp_path: Path) -> Path:
        path = tmp_path / "library.db"
        with closing(connect(path)) as db:
            migrate(db, path, MIGRATIONS[:1])
        return path

    @pytest.mark.parametrize("write", [True, False])
    def test_opening_brings_it_up_to_date(self, write: bool, first: Path) -> None:
        with Store(first, write=write) as store:
            assert list(store.tracks()) == []
        assert version_of(first) == SCHEMA_VERSION
        assert version_of(backup_path(first, 1)) == 1
        with Store(first, write=True) as store:
            store.put(track(b"/a.mp3", [1.0, 0.0, 0.0]))

    def test_a_reader_does_not_migrate_under_a_writer(self, first: Path) -> None:
        lock = take_lock(first)
        try:
            with pytest.raises(LibraryLockedError, match="another run"):
                Store(first, write=False)
        finally:
            os.close(lock)
        assert version_of(first) == 1

    def test_a_newer_library_is_named_with_its_schema(self, first: Path) -> None:
        with closing(connect(first)) as db:
            db.execute("PRAGMA user_version = 99")
        for write in (True, False):
            with pytest.raises(StoreError, match=r"newer audiotag \(schema 99") as caught:
                Store(first, write=write)
            assert "\n" not in str(caught.value)
        assert version_of(first) == 99

    def test_writing_may_ask_that_there_be_a_library(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="no library yet"):
            Store(tmp_path / "none.db", write=True, create=False)
        assert os.listdir(tmp_path) == []
