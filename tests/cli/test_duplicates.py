"""duplicates as a user runs it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.command import Run, command_in
from tests.helpers.tracks import failed
from tests.helpers.vectors import fill, song


@pytest.fixture
def twice(tmp_path: Path) -> Run:
    first = replace(song("a", [1, 0], artist="Ann", album="First"), size=4_000_000)
    copy = replace(
        song("x/b", [1, 0]), fingerprint=first.fingerprint, duration=first.duration, size=4_000_000
    )
    mp3 = replace(song("x/c", [1, 0.1]), duration=first.duration, size=12_345_678)
    fill(tmp_path / "library.db", [first, copy, mp3, song("other", [0, 1])])
    return command_in(tmp_path)


def test_a_recording_and_its_files(twice: Run) -> None:
    done = twice("duplicates")
    assert done.stdout.splitlines() == [
        "Ann – a",
        "    3:17     4.0 MB  /music/a.mp3",
        "    3:17     4.0 MB  /music/x/b.mp3  same sound",
        "    3:17    12.3 MB  /music/x/c.mp3  sounds the same (0.995)",
    ]
    assert done.stderr == "1 recording in 3 files.\n"


def test_json_is_an_object_a_recording(twice: Run) -> None:
    (row,) = map(json.loads, twice("duplicates", "--json").stdout.splitlines())
    assert [(one["path"], one["how"], one["similarity"]) for one in row["tracks"]] == [
        ("/music/a.mp3", None, None),
        ("/music/x/b.mp3", "same sound", None),
        ("/music/x/c.mp3", "sounds the same", pytest.approx(0.995, abs=1e-3)),
    ]
    assert row["tracks"][2]["size"] == 12_345_678
    assert list(row["tracks"][0]) == [
        "path", "duration", "size", "artist", "title", "album", "how", "similarity",
    ]  # fmt: skip


def test_only_below_a_folder(twice: Run) -> None:
    assert "1 recording in 2 files." in twice("duplicates", "/music/x").stderr
    done = twice("duplicates", "/music/none")
    assert (done.returncode, done.stdout) == (1, "")
    assert "/music/none: no such file or folder, nor is it in the library" in done.stderr


def test_none(tmp_path: Path) -> None:
    fill(tmp_path / "library.db", [failed(b"/a.mp3")])
    audiotag = command_in(tmp_path)
    assert audiotag("duplicates").stderr == "No duplicates.\n"
    assert audiotag("duplicates", "-q").stderr == ""


def test_a_crowd_is_counted_and_not_listed(tmp_path: Path) -> None:
    fill(tmp_path / "library.db", (replace(song(f"{n}", [1, 2]), duration=60.0) for n in range(60)))
    done = command_in(tmp_path)("duplicates")
    assert done.stdout == ""
    assert "60 tracks left out: more than 50 of one length sound the same" in done.stderr
