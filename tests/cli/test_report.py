"""report as a user runs it, on a library that was made up."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest

from audiotag.library.store import Store
from tests.helpers.command import Run, command_in
from tests.helpers.tracks import STYLED, failed, track


def test_the_columns_follow_the_model_used_last(tmp_path: Path) -> None:
    """Styles have a column behind the genres when it has some; what an older model heard has none."""
    audiotag = command_in(tmp_path)
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/music/a.mp3", [1.0, 0.0, 0.0]))
    plain = audiotag("report", "--csv", "-").stdout
    assert plain.startswith("path,")
    assert "Folk,Pop,Rock,windows," in plain

    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/music/b.mp3", [0.75, 0.9, 0.1], STYLED, [0.5, 0.8, 0.9]))
    text = audiotag("report", "--csv", "-").stdout
    assert "Electronic,Instrumental,Rock,styles,windows," in text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["genre"], row["confidence"], row["status"], row["styles"]) for row in rows] == [
        ("Folk", "1.0", "ok", ""),
        ("Electronic", "0.75", "ok", "Punk 0.900; Chiptune 0.800; House 0.500"),
    ]
    lines = [json.loads(line) for line in audiotag("report", "--json", "-").stdout.splitlines()]
    assert [line["styles"] for line in lines] == [None, "Punk 0.900; Chiptune 0.800; House 0.500"]


@pytest.fixture
def report(tmp_path: Path) -> Run:
    """`audiotag report` of a library with two folk songs, one that is uncertain and one that failed."""
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/music/a.mp3", [0.7, 0.0, 0.3]))
        store.put(track(b"/music/b.mp3", [0.9, 0.0, 0.1]))
        store.put(track(b"/music/c.mp3", [0.2, 0.4, 0.3]))
        store.put(failed(b"/music/d.mp3"))
    run = command_in(tmp_path)
    return lambda *arguments: run("report", *arguments)


class TestAPartOfTheLibrary:
    @pytest.mark.parametrize(
        ("options", "paths"),
        [
            (["--status", "uncertain", "--status", "failed"], ["/music/c.mp3", "/music/d.mp3"]),
            (["--genre", "folk", "--sort", "confidence"], ["/music/b.mp3", "/music/a.mp3"]),
            (["--genre", "folk", "--sort", "confidence", "--reverse"], ["/music/a.mp3", "/music/b.mp3"]),
        ],
    )
    def test_csv_and_json_have_the_same_tracks_in_the_same_order(
        self, options: list[str], paths: list[str], report: Run
    ) -> None:
        rows = csv.DictReader(io.StringIO(report(*options).stdout))
        assert [row["path"] for row in rows] == paths
        lines = report(*options, "--json", "-").stdout.splitlines()
        assert [json.loads(line)["path"] for line in lines] == paths

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--genre", "Jazz"], "no such genre; the library knows Folk, Pop, Rock"),
            (["--styles"], "give --m3u DIR as well"),
            (["--m3u", "x", "--order", "random"], "choose artist or flow"),
            (["--m3u", "x", "--status", "failed"], "leave out --status"),
            (["--m3u", "-"], "playlists need a folder"),
            (["--json", "-", "--html", "-"], "only one of them can go to stdout"),
        ],
    )
    def test_wrong_usage_is_said_in_a_line_before_anything_is_made(
        self, options: list[str], said: str, report: Run, tmp_path: Path
    ) -> None:
        done = report(*options, "--csv", tmp_path / "made.csv")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert said in done.stderr
        assert not (tmp_path / "made.csv").exists()


@pytest.mark.parametrize("name", ["--csv", "--json"])
def test_names_are_shown_as_the_file_system_s_bytes(name: str, report: Run, tmp_path: Path) -> None:
    done = report(name, os.fsencode(tmp_path) + b"/\xff")
    assert done.stderr == f"{tmp_path}/\\xff: 4 tracks\n"
    done = report(name, os.fsencode(tmp_path) + b"/none/\xff")
    assert f"{tmp_path}/none/\\xff: cannot be written (" in done.stderr


@pytest.mark.parametrize("option", ["--csv", "--json", "--html"])
def test_a_song_is_not_written_over(option: str, report: Run, tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"music")
    done = report(option, tmp_path / "song.mp3")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert (tmp_path / "song.mp3").read_bytes() == b"music"


class TestPlaylists:
    def test_one_a_genre_and_what_was_done_is_said(self, report: Run, tmp_path: Path) -> None:
        lists = tmp_path / "lists"
        assert report("--m3u", lists).stderr == f"{lists}: 1 playlist, 1 written.\n"
        assert [line for line in songs(lists) if not line.startswith("#")] == [
            "../" * depth(lists) + "music/a.mp3", "../" * depth(lists) + "music/b.mp3",
        ]  # fmt: skip
        assert report("--m3u", lists, "-v").stderr == (
            f"{lists / 'Folk.m3u8'}: unchanged, 2 tracks\n{lists}: 1 playlist.\n"
        )
        assert report("-q", "--m3u", lists, "--order", "flow").stderr == ""

    def test_the_order_that_was_asked_for(self, report: Run, tmp_path: Path) -> None:
        report("--m3u", tmp_path, "--sort", "confidence")
        assert [line[-5:] for line in songs(tmp_path) if line.endswith("mp3")][-2:] == ["b.mp3", "a.mp3"]

    def test_another_s_file_of_that_name_is_named_also_with_q(self, report: Run, tmp_path: Path) -> None:
        (tmp_path / "Folk.m3u8").write_text("#EXTM3U\nmine.mp3\n")
        done = report("-q", "--m3u", tmp_path)
        assert done.returncode == 3
        assert done.stderr == (
            f"left alone: {tmp_path / 'Folk.m3u8'}: not written by audiotag; "
            "move it away, or choose another folder\n"
        )

    def test_a_folder_that_cannot_be_made_is_fatal(self, report: Run, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        done = report("--m3u", tmp_path / "file")
        assert done.returncode == 1
        assert "file: is no folder; name another" in done.stderr


def songs(folder: Path) -> list[str]:
    return (folder / "Folk.m3u8").read_text().splitlines()


def depth(folder: Path) -> int:
    return len(folder.parts) - 1
