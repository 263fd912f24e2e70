"""Scan, tag and report as a user runs them, one after another."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.helpers.command import Run


class TestTheMainJob:
    def test_scan_tag_report(self, audiotag: Run, music: Path) -> None:
        done = audiotag("scan", music)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert "2 tracks predicted" in done.stderr

        done = audiotag("scan", music)
        assert "Nothing has changed: 2 tracks known, none decoded." in done.stderr

        done = audiotag("tag", "-v")
        assert done.returncode == 0
        assert done.stdout.count("(no genre) → ") == 2
        assert "2 of 2 files would be written" in done.stderr

        done = audiotag("tag", "--write-id3")
        assert done.returncode == 0
        assert "2 of 2 files written" in done.stderr

        done = audiotag("tag", "-v", "--write")
        assert done.stdout.count("kept: already so") == 2
        assert "0 of 2 files written, 2 had a genre already" in done.stderr

        done = audiotag("scan", music)
        assert "Nothing has changed" in done.stderr, "our own writing is no change"

        done = audiotag("report")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        assert [Path(row["path"]).name for row in rows] == ["one.mp3", "two.flac"]
        assert done.stderr == ""

    @pytest.mark.slow  # test_bad_input.py has the same with a file that fails
    def test_quiet_from_cron(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        steps = [
            ("scan", "-q", music),
            ("tag", "-q", "--write-id3"),
            ("report", "-q", "--csv", tmp_path / "genres.csv"),
        ]
        for step in steps:
            done = audiotag(*step)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert len((tmp_path / "genres.csv").read_text().splitlines()) == 3

    def test_the_report_goes_where_it_is_asked_to(self, audiotag: Run, known: Path, tmp_path: Path) -> None:
        csv_file, json_file = tmp_path / "a.csv", tmp_path / "a.json"
        done = audiotag("report", known / "one.mp3", "--csv", csv_file, "--json", json_file)
        assert done.stdout == ""
        assert len(csv_file.read_bytes().split(b"\r\n")) == 3
        assert json_file.read_text().count("\n") == 1
        assert audiotag("report", "--csv", "-").stdout == audiotag("report").stdout

    def test_a_map_renames_and_silences(self, audiotag: Run, known: Path, tmp_path: Path) -> None:
        genre_map = tmp_path / "map.toml"
        genre_map.write_text('Folk = ["A", "B"]\nPop = ["A", "B"]\nRock = ["A", "B"]\n')
        assert "(no genre) → A; B" in audiotag("tag", "--map", genre_map).stdout
        genre_map.write_text("Folk = []\nPop = []\nRock = []\n")
        assert audiotag("tag", "-v", "--map", genre_map).stdout.count("kept: silenced by the map") == 2

    def test_uncertain_tracks_get_nothing(self, audiotag: Run, known: Path) -> None:
        done = audiotag("tag", "-v", "--write-id3", "--min-confidence", "1")
        assert done.stdout.count("kept: below threshold") == 2
        assert "0 of 2 files written, 2 uncertain" in done.stderr
