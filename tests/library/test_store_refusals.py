"""A file that is not our library is named and left as it is."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from audiotag.errors import LibraryLockedError, StoreError
from audiotag.library.store import Store
from tests.helpers.tracks import track


def library(tmp_path: Path) -> Path:
    return tmp_path / "sub" / "library.db"


def test_a_second_writer_is_told_that_the_library_is_held(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True):
        with pytest.raises(LibraryLockedError, match="another run") as caught:
            Store(library(tmp_path), write=True)
        assert caught.value.exit_code == 4
        with Store(library(tmp_path), write=False) as reader:
            assert list(reader.tracks()) == []
    with Store(library(tmp_path), write=True):
        pass


def test_reading_needs_a_library(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="audiotag scan"):
        Store(library(tmp_path), write=False)
    assert not library(tmp_path).exists()


@pytest.mark.parametrize("write", [True, False])
def test_a_text_file(write: bool, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are notes, not a library\n" * 50)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not an audiotag library"):
        Store(path, write=write)
    assert path.read_bytes() == before


def test_someone_else_s_database(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE tracks (path TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not an audiotag library"):
        Store(path, write=True)
    assert path.read_bytes() == before


def test_a_library_from_the_future(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True):
        pass
    with sqlite3.connect(library(tmp_path)) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    with pytest.raises(StoreError, match="newer audiotag"):
        Store(library(tmp_path), write=True)


def test_a_damaged_library(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        for i in range(500):
            store.put(track(b"/%03d.mp3" % i, [1.0, 0.0, 0.0]))
    data = bytearray(library(tmp_path).read_bytes())
    data[4_096:] = os.urandom(len(data) - 4_096)
    library(tmp_path).write_bytes(data)
    with pytest.raises(StoreError, match="damaged"), Store(library(tmp_path), write=True) as store:
        list(store.tracks())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="--db"):
        Store(tmp_path / "file" / "library.db", write=True)
