"""Videos and audiobooks among the songs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.library.schema import MIGRATIONS
from audiotag.library.store import Store
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.scans import QUICK, Library
from tests.helpers.video_files import make_video


class TestWhatIsNoMusic:
    """Videos and audiobooks are passed over, remembered as such, and predicted when asked for."""

    @pytest.fixture
    def film(self, music: Path) -> Path:
        return make_video(music / "film.m4a", tone(4.0, 44_100), 44_100, 20, 0.1)

    @pytest.fixture
    def book(self, music: Path) -> Path:
        return make_audio(music / "book.m4b", tone(4.0, 44_100, seed=1), 44_100)

    def test_it_is_counted_and_has_no_row(
        self, library: Library, music: Path, film: Path, book: Path
    ) -> None:
        summary = library.scan(music)
        assert (summary.predicted, len(summary.failures)) == (3, 0)
        assert summary.passed_over == {"videos": 1, "audiobooks": 1}
        assert sorted(library.noted.passed) == [("book.m4b", "audiobooks"), ("film.m4a", "videos")]
        assert {"film.m4a", "book.m4b"}.isdisjoint(library.tracks())

    def test_it_is_not_looked_into_again(self, library: Library, music: Path, film: Path, book: Path) -> None:
        library.scan(music)
        summary = library.scan(music)
        assert library.noted.planned == (0, 0)
        assert summary.passed_over == {"videos": 1, "audiobooks": 1}
        assert len(library.noted.passed) == 2
        os.utime(film, ns=(1, 1))
        library.scan(music)
        assert library.noted.planned[0] == 1

    def test_it_is_heard_when_asked_for(self, library: Library, music: Path, film: Path, book: Path) -> None:
        library.scan(music)
        summary = library.scan(music, options=replace(QUICK, include=("videos",)))
        assert summary.predicted == 1
        assert summary.passed_over == {"audiobooks": 1}
        assert library.tracks()["film.m4a"].status == "ok"
        # And what was asked for stays, until the file changes.
        assert library.scan(music).passed_over == {"audiobooks": 1}
        assert "film.m4a" in library.tracks()

    def test_what_an_earlier_version_made_of_it_is_forgotten(
        self, library: Library, music: Path, film: Path, book: Path
    ) -> None:
        library.scan(music, options=replace(QUICK, include=("videos", "audiobooks")))
        assert len(library.tracks()) == 5
        with Store(library.path, write=True) as store:
            for statement in MIGRATIONS[3]:
                if "mtime_ns = -1" in statement:
                    store.execute(statement)
        summary = library.scan(music)
        assert (summary.predicted, summary.unchanged) == (0, 3)
        assert {"film.m4a", "book.m4b"}.isdisjoint(library.tracks())

    def test_songs_in_such_files_are_only_looked_at(self, library: Library, tmp_path: Path) -> None:
        song = tmp_path / "SONG.M4A"
        make_audio(tmp_path / "song.m4a", tone(4.0, 44_100), 44_100).rename(song)
        library.scan(song)
        with Store(library.path, write=True) as store:
            for statement in MIGRATIONS[3]:
                if "mtime_ns = -1" in statement:
                    store.execute(statement)
        summary = library.scan(song)
        assert (summary.predicted, summary.recognised) == (0, 1)
        assert library.tracks()["SONG.M4A"].mtime_ns == song.stat().st_mtime_ns

    def test_one_that_is_gone_is_forgotten(self, library: Library, music: Path, film: Path) -> None:
        library.scan(music)
        film.unlink()
        summary = library.scan(music)
        assert (summary.passed_over, summary.missing) == ({}, 0)
        with Store(library.path, write=False) as store:
            assert store.execute("SELECT * FROM passed_over") == []

    def test_elsewhere_it_is_none_of_the_scan_s_business(
        self, library: Library, music: Path, film: Path
    ) -> None:
        library.scan(music)
        assert library.scan(music / "album").passed_over == {}
        assert library.scan(music).passed_over == {"videos": 1}
        assert library.noted.planned == (0, 0)
