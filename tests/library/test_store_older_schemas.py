"""A library of an older schema is opened, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.discovery.map.progress import NoProgress
from audiotag.discovery.map.update import MapOptions, MapSummary, map_points, update_map
from audiotag.library.changes import Changes, Wanted
from audiotag.library.migrate import backup_path, migrate
from audiotag.library.records import StoredModel
from audiotag.library.schema import MIGRATIONS
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from tests.helpers.tracks import STYLED, track


def test_a_library_of_the_version_before_keeps_everything(tmp_path: Path) -> None:
    """Schema 2 had no fingerprints; what they are taken from is learnt by the next scan."""
    path = tmp_path / "library.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        migrate(db, path, MIGRATIONS[:2])
        db.execute(
            "INSERT INTO models VALUES (1, 'old-1', '[\"Jazz\"]', 0.4), (2, 'new-1', '[\"Folk\"]', 0.5)"
        )
        for name, model, year in ((b"/a.mp3", 2, 2031), (b"/b.mp3", 1, 2030)):
            db.execute(
                "INSERT INTO tracks (path, size, mtime_ns, status, artist, album, title, windows, "
                "windows_asked, model, scanned_at, missing, probabilities) "
                "VALUES (?, 1, 2, 'ok', '', '', '', 1, 'all', ?, ?, 0, ?)",
                (name, model, f"{year}-01-01T00:00:00+00:00", np.ones(1, "<f4").tobytes()),
            )
    with Store(path, write=True) as store:
        assert [(read.path, read.fingerprint) for read in store.tracks()] == [
            (b"/a.mp3", None),
            (b"/b.mp3", None),
        ]
        latest = store.latest_model()
        assert latest is not None
        assert latest.identity == "new-1"
    assert backup_path(path, 2).exists()


def test_a_library_without_a_map_gets_room_for_one(tmp_path: Path) -> None:
    """Schema 5 had none."""
    path = tmp_path / "library.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, path, MIGRATIONS[:5])
    with Store(path, write=True) as store:
        store.put(track(b"/a.mp3", [0.1, 0.2, 0.7]))
        assert update_map(store, MapOptions(), NoProgress()) == MapSummary(sounds=1, laid=1)
        assert list(map_points(store)) == [b"/a.mp3"]
    assert backup_path(path, 5).exists()


def test_a_library_without_years_keeps_all_else_and_is_to_be_looked_at_again(tmp_path: Path) -> None:
    """Schema 6 had none. Files that failed, and those without a fingerprint, are no reason to open them."""
    path, music = tmp_path / "library.db", tmp_path / "music"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, path, MIGRATIONS[:6])
        db.execute(
            "INSERT INTO models (id, identity, genres, thresholds, styles, used) "
            "VALUES (1, 'made-up-1', '[\"Folk\"]', '[0.5]', '[]', 1)"
        )
        for name, status, sound in (("a", "ok", b"a" * 16), ("b", "ok", None), ("c", "failed", b"c" * 16)):
            db.execute(
                "INSERT INTO tracks (path, size, mtime_ns, status, error_kind, artist, album, title, "
                "windows, windows_asked, model, scanned_at, missing, probabilities, fingerprint) "
                "VALUES (?, 1, 2, ?, 'decode', 'Ann', '', '', 1, 'all', 1, '', 0, ?, ?)",
                (bytes(music / f"{name}.mp3"), status, np.ones(1, "<f4").tobytes(), sound),
            )
    with Store(path, write=True) as store:
        assert [(row.size, row.mtime_ns, row.info.artist, row.info.year) for row in store.tracks()] == [
            (1, 2, "Ann", None)
        ] * 3
        changes = Changes(store)
        changes.fill(FoundFile(bytes(music / f"{name}.mp3"), 1, 2) for name in "abc")
        counts = changes.compare(Wanted(1, "all"))
        assert (counts.to_extract, counts.to_read, counts.without_fingerprint, counts.failed_before) == (
            1, 1, 1, 1,
        )  # fmt: skip
        assert [todo.fingerprint for todo in changes.todo("no-year")] == [b"a" * 16]
    assert backup_path(path, 6).exists()


class TestOneThresholdForAll:
    """Schema 4 had one threshold a model, and no styles."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "library.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            migrate(db, path, MIGRATIONS[:4])
            db.execute(
                "INSERT INTO models (id, identity, genres, threshold, used) VALUES "
                "(3, 'old-1', '[\"Jazz\", \"R&B\"]', 0.4, 1), (7, 'new-1', '[\"Fölk\"]', 0.5, 2)"
            )
            for name, model, probabilities in ((b"/a.mp3", 3, [0.25, 0.75]), (b"/b.mp3", 7, [0.45])):
                db.execute(
                    "INSERT INTO tracks (path, size, mtime_ns, status, artist, album, title, windows, "
                    "windows_asked, model, scanned_at, missing, probabilities, embedding) "
                    "VALUES (?, 1, 2, 'ok', '', '', '', 1, 'all', ?, '', 0, ?, ?)",
                    (name, model, np.array(probabilities, "<f4").tobytes(), np.ones(256, "<f2").tobytes()),
                )
        return path

    def test_it_becomes_that_of_each_genre_and_no_prediction_is_lost(self, path: Path) -> None:
        old = StoredModel("old-1", ("Jazz", "R&B"), (0.4, 0.4))
        new = StoredModel("new-1", ("Fölk",), (0.5,))
        with Store(path, write=True) as store:
            a, b = store.tracks()
            assert store.latest_model() == new
        assert ((a.model, a.ranked(), a.certain), (b.model, b.ranked(), b.certain)) == (
            (old, [("R&B", 0.75), ("Jazz", 0.25)], True),
            (new, [("Fölk", pytest.approx(0.45))], False),
        )
        assert (a.styles, a.judged_styles()) == (None, [])
        assert backup_path(path, 4).exists()

    def test_the_model_that_is_there_is_the_one_that_is_used_again(self, path: Path) -> None:
        old = StoredModel("old-1", ("Jazz", "R&B"), (0.6, None))
        with Store(path, write=True) as store:
            assert store.remember(old) == 3
            assert store.execute("SELECT count(*) FROM models") == [(2,)]
            assert store.latest_model() == old
            assert store.remember(STYLED) not in (3, 7)

    def test_a_track_keeps_the_embedding_of_its_model_beside_those_of_another_size(self, path: Path) -> None:
        with Store(path, write=True) as store:
            newer = replace(track(b"/c.mp3", [0.1, 0.2, 0.3], STYLED), embedding=np.ones(512, np.float32))
            store.put(newer)
            sizes = [len(read.embedding) for read in store.tracks() if read.embedding is not None]
        assert sizes == [256, 256, 512]
