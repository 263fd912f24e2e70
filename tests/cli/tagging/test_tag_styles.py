"""tag as a user runs it whose model knows styles, and a threshold for each genre."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from tests.cli.tagging.running import Run
from tests.helpers.tracks import STYLED, track
from tests.tags.dressing import write_genres


class TestStyles:
    @pytest.fixture
    def styled(self, music: Path, tmp_path: Path) -> Path:
        """a.mp3, heard as Electronic by a model with styles."""
        with Store(tmp_path / "library.db", write=True) as store:
            row = store.track(os.fsencode(music / "a.mp3"))
            assert row is not None
            heard = track(row.path, [0.75, 0.9, 0.1], STYLED, [0.4, 0.8, 0.9])
            store.put(replace(heard, size=row.size, mtime_ns=row.mtime_ns))
        return music / "a.mp3"

    def test_each_genre_has_a_threshold_of_its_own(self, audiotag: Run, styled: Path) -> None:
        plan = "{}: (no genre) → {}   {}\n"
        assert audiotag("tag", styled).stdout == plan.format(styled, "Electronic", "75%")
        # What is not written by default is written above a threshold of the user's.
        done = audiotag("tag", "--min-confidence", "0.6", "--top", "3", styled)
        assert done.stdout == plan.format(styled, "Instrumental; Electronic", "90%")

    def test_why_a_likely_genre_is_not_written(self, audiotag: Run, styled: Path, tmp_path: Path) -> None:
        with Store(tmp_path / "library.db", write=True) as store:
            row = store.track(os.fsencode(styled))
            assert row is not None
            store.put(replace(row, probabilities=np.array([0.3, 0.9, 0.1], np.float32)))
        done = audiotag("tag", "-v", styled)
        assert done.stdout == f"{styled}: (no genre)   kept: not written by default: Instrumental 0.90\n"
        assert done.stderr == "0 of 1 file would be written, 1 uncertain, left alone.\n"

    def test_styles_come_and_go_with_the_option(self, audiotag: Run, styled: Path, tmp_path: Path) -> None:
        before = styled.read_bytes()
        assert audiotag("tag", "--write", "--styles", styled).returncode == 0
        assert read_tags(styled).genres == ("Electronic", "Chiptune", "House")
        assert "kept: already so" in audiotag("tag", "-v", "--styles", styled).stdout
        audiotag("tag", "--write", styled)
        assert read_tags(styled).genres == ("Electronic",)
        (tmp_path / "c.toml").write_text("styles = true")
        audiotag("tag", "--write", "--config", tmp_path / "c.toml", styled)
        assert read_tags(styled).genres == ("Electronic", "Chiptune", "House")
        done = audiotag("tag", "--no-styles", "--config", tmp_path / "c.toml", styled)
        assert done.stdout == f"{styled}: Electronic; Chiptune; House → Electronic   75%\n"
        for run in ("1", "2", "3"):
            audiotag("undo", "--run", run)
        audiotag("undo")
        assert (read_tags(styled).genres, styled.read_bytes() == before) == ((), True)

    def test_the_user_s_genre_is_not_made_audiotag_s_by_styles(self, audiotag: Run, styled: Path) -> None:
        audiotag("tag", "--write", styled)
        write_genres(styled, ("Electronic", "IDM"))
        assert "kept: has a genre" in audiotag("tag", "-v", "--styles", styled).stdout

    def test_the_map_knows_styles(self, audiotag: Run, styled: Path, tmp_path: Path) -> None:
        names = tmp_path / "names.toml"
        names.write_text('House = ["House", "Dance"]\nChiptune = []')
        done = audiotag("tag", "--styles", "--map", names, styled)
        assert done.stdout == f"{styled}: (no genre) → Electronic; House; Dance   75%\n"
        names.write_text("Hose = []")
        done = audiotag("tag", "--map", names, styled)
        assert (done.returncode, "no genre or style of the model; it knows" in done.stderr) == (1, True)
        assert "House" in done.stderr

    def test_provenance_lists_genres_by_their_probability(self, audiotag: Run, styled: Path) -> None:
        audiotag("tag", "--write", "--styles", "--provenance", styled)
        assert read_tags(styled).texts["AUDIOTAG_PROBABILITIES"] == (
            "Instrumental 0.9000; Electronic 0.7500; Rock 0.1000",
        )
