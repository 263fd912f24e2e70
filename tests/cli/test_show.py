"""show as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.cli.output import local_time
from audiotag.cli.show_terminal import show_sheet
from audiotag.library.records import TrackInfo
from audiotag.library.store import Store
from audiotag.model.average import TrackPrediction
from audiotag.model.card import load_card
from audiotag.pipeline.over_time import HeardOnce, OverTime
from audiotag.reports.sheet import FileTags, Sheet
from audiotag.tags.history import PastWrite
from tests.helpers.command import Run, environment
from tests.helpers.models import MadeModel
from tests.helpers.tracks import STYLED, failed, track

Shown = Callable[..., list[str]]


def test_one_object_with_all_there_is(audiotag: Run, music: Path) -> None:
    audiotag("scan", "-q", music)
    done = audiotag("show", "--json", music / "one.mp3")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    found = json.loads(done.stdout)
    assert (found["path"], found["file"], found["status"]) == (
        str(music / "one.mp3"), "unchanged", "uncertain",
    )  # fmt: skip
    assert len(found["windows"]) == 3
    mean = np.mean([list(each["probabilities"].values()) for each in found["windows"]], axis=0)
    whole = {each["genre"]: each["probability"] for each in found["genres"]}
    assert mean == pytest.approx([whole[genre] for genre in ("Folk", "Pop", "Rock")], abs=0.05)
    assert [near["path"] for near in found["neighbours"]] == [str(music / "two.flac")]


def test_a_file_that_is_nowhere_is_a_line(audiotag: Run, tmp_path: Path) -> None:
    done = audiotag("show", tmp_path / "none.mp3")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"audiotag: {tmp_path / 'none.mp3'}: no such file, nor is it in the library\n"


@pytest.mark.slow
def test_one_that_cannot_be_heard_now_is_shown_all_the_same(
    audiotag: Run, music: Path, tmp_path: Path
) -> None:
    song = music / "one.mp3"
    song.write_bytes(b"no sound")
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(os.fsencode(song), [0.1, 0.2, 0.7]))
    done = audiotag("show", song)
    assert done.returncode == 3
    assert done.stderr.startswith("cannot be heard now: ")
    assert "another sound lies there now" in done.stdout
    assert "Rock              70%" in done.stdout


def test_a_reader_who_has_seen_enough_is_nothing_wrong(tmp_path: Path) -> None:
    """As `audiotag show FILE | head -1` is run."""
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/music/a.mp3", [0.1, 0.2, 0.7]))
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "audiotag", "show", "/music/a.mp3"]
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, check=False, env=environment(tmp_path)
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def shown(
    made_model: MadeModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shown:
    """What is printed of a sheet, on so many columns, line by line."""
    card = load_card(str(made_model.card_file))

    def show(sheet: Sheet, columns: int = 80) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        show_sheet(sheet, card)
        return capsys.readouterr().out.splitlines()

    return show


HEARD = replace(
    track(b"/music/a.mp3", [0.1, 0.25, 0.75]),
    info=TrackInfo("Ann\x1b[2J", "", "Söng\n\u202egnos", year=1969),
    duration=72.0,
)
SHEET = Sheet(b"/music/a.mp3", True, "unchanged", HEARD, FileTags("mp3", ("Jazz",)))


def over_time() -> OverTime:
    """A minute of Pop with a solo of Folk in the middle."""
    folk = np.array([0.0, 0.0, 1.0, 0.1, 0.0, 0.0])
    values = np.stack([folk, 1 - folk, 0 * folk], axis=1)
    mean = TrackPrediction(values.mean(axis=0), np.zeros(1), np.zeros(0), 6)
    return OverTime(72.0, 12.0, 12.0 * np.arange(6), values, mean)


class TestForPeople:
    def test_the_head_has_nothing_that_moves_a_cursor(self, shown: Shown) -> None:
        assert shown(SHEET)[:8] == [
            "/music/a.mp3",
            "           in the library; the file has not changed since",
            "status     ok",
            "artist     Ann\\x1b[2J",
            "title      Söng\\n\\u202egnos",
            "year       1969",
            "duration   1:12",
            f"heard      {local_time('2030-01-01T00:00:00+00:00')}, 3 windows, by made-up-1",
        ]

    def test_the_same_sound_elsewhere_though_nobody_has_heard_it(self, shown: Shown) -> None:
        """As of a file that was moved since the last scan."""
        sheet = Sheet(b"/music/a.mp3", False, "new", None, copies=[(b"/old/a.mp3", "same sound")])
        assert shown(sheet)[1:3] == ["           not in the library", "twin       /old/a.mp3 (same sound)"]

    def test_probabilities_with_the_threshold_on_the_bar(self, shown: Shown) -> None:
        lines = shown(SHEET)
        rock = next(line for line in lines if line.startswith("Rock"))
        assert rock == f"Rock              75%  {'█' * 21}│{'█' * 10}{' ' * 10}  50%"

    def test_of_a_tag_of_any_length_the_beginning(self, shown: Shown) -> None:
        long = replace(HEARD, info=TrackInfo("A" * 100_000))
        artist = next(line for line in shown(replace(SHEET, track=long)) if line.startswith("artist"))
        assert artist == f"artist     {'A' * 1000}… (100,000 characters)"

    def test_what_is_no_number_has_no_bar(self, shown: Shown) -> None:
        odd = replace(HEARD, probabilities=np.array([np.nan, np.inf, 0.75], np.float32))
        lines = shown(replace(SHEET, track=odd))
        assert next(line for line in lines if line.startswith("Folk")).startswith("Folk             nan%   ")
        assert "Pop              inf%  ███" in "\n".join(lines)

    def test_genres_without_a_threshold_and_styles(self, shown: Shown) -> None:
        styled = track(b"/a", [0.9, 0.5, 0.1], STYLED, [0.5, 0.1, 0.1])
        text = "\n".join(shown(replace(SHEET, track=styled)))
        assert "never by default" in text
        assert "\nstyles" in text
        assert "House             50%" in text
        assert "Chiptune" not in text

    def test_one_sees_when_the_solo_is(self, shown: Shown) -> None:
        lines = shown(replace(SHEET, heard=HeardOnce(TrackInfo(), over_time())))
        start = next(number for number, line in enumerate(lines) if line.startswith("over time"))
        pop, folk, axis = lines[start + 1], lines[start + 2], lines[start + 4]
        assert folk[16:62] == " " * 15 + "▅" + "█" * 7 + "▁" * 8 + " " * 15
        assert folk.endswith("100% at 0:24")
        assert pop.startswith("Pop             " + "█" * 15)
        assert axis.split() == ["0:00", "0:24", "0:48", "1:12"]
        assert "not by the model above" in lines[start]

    def test_what_was_written_and_what_would_be(self, shown: Shown) -> None:
        at = "2030-01-0{}T00:00:00+00:00"
        past = [
            PastWrite(1, "tag", None, at.format(1), b"/old/a.mp3", "committed", (), ("Rock",), None),
            PastWrite(2, "undo", 1, at.format(2), b"/music/a.mp3", "planned", ("Rock",), (), None),
            PastWrite(3, "tag", None, at.format(3), b"/music/a.mp3", "failed", (), (), "read-only"),
        ]
        assert shown(replace(SHEET, past=past))[-3:] == [
            "run 1      2030-01-01 00:00:00 UTC  tag: (no genre) → Rock, at /old/a.mp3",
            "run 2      2030-01-02 00:00:00 UTC  undo of 1: Rock → (no genre) (its run was killed)",
            "run 3      2030-01-03 00:00:00 UTC  tag: failed: read-only",
        ]

    def test_a_failure_with_what_to_do(self, shown: Shown) -> None:
        lines = shown(replace(SHEET, track=failed(b"/music/a.mp3"), why_not_heard="nobody asked to"))
        assert lines[2:5] == [
            "status     failed",
            "why        damaged",
            "to do      play it; if no player can, get another copy",
        ]
        assert lines[-1] == "           not heard: nobody asked to"
