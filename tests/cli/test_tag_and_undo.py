"""tag and undo as a user runs them, on a library that was made up: no model is needed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from audiotag.cli import app
from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.journal import Journal
from tests.helpers.command import environment
from tests.helpers.tracks import STYLED, failed, track
from tests.tags.cases import Case
from tests.tags.dressing import write_genres
from tests.tags.failures import COPY, crash

AudioFile = Callable[..., Path]
Run = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def audiotag(tmp_path: Path) -> Iterator[Run]:
    """Run a command, in this process: starting one takes longer than all that these do."""
    handler = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str | Path) -> Done:
        result = CliRunner().invoke(app, [str(word) for word in arguments], env=environment(tmp_path))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def music(tmp_path: Path, audio_file: AudioFile) -> Path:
    """a.mp3 without a genre, b.flac with "Folk", and a library that takes both for Rock."""
    folder = tmp_path / "music"
    folder.mkdir()
    songs = [
        Case(".mp3", None, "partial").make(folder / "a.mp3", audio_file),
        Case(".flac", None, "full").make(folder / "b.flac", audio_file),
    ]
    with Store(tmp_path / "library.db", write=True) as store:
        for song in songs:
            info = song.stat()
            row = track(os.fsencode(song), [0.1, 0.0, 0.9])
            store.put(replace(row, size=info.st_size, mtime_ns=info.st_mtime_ns))
    return folder


def genres(music: Path) -> list[tuple[str, ...]]:
    return [read_tags(music / name).genres for name in ("a.mp3", "b.flac")]


class TestUndo:
    def test_there_and_back_and_there_again(self, audiotag: Run, music: Path) -> None:
        before = [path.read_bytes() for path in sorted(music.iterdir())]
        audiotag("tag", "--write", "--policy", "replace")
        assert genres(music) == [("Rock",), ("Rock",)]

        done = audiotag("undo", "--dry-run")
        assert (done.returncode, genres(music)) == (0, [("Rock",), ("Rock",)])
        assert done.stdout.splitlines() == [
            f"{music}/a.mp3: Rock → (no genre)",
            f"{music}/b.flac: Rock → Folk",
        ]
        assert re.fullmatch(r"Run 1 \(tag, .*\): 2 of 2 files would be put back\.\n", done.stderr)

        done = audiotag("undo")
        assert (done.returncode, "2 of 2 files put back" in done.stderr) == (0, True)
        assert [path.read_bytes() for path in sorted(music.iterdir())] == before

        done = audiotag("undo")
        assert (done.returncode, done.stdout.count("kept: as before already")) == (0, 2)
        assert "0 of 2 files put back, 2 as before already" in done.stderr

        assert audiotag("undo", "--run", "2").returncode == 0
        assert genres(music) == [("Rock",), ("Rock",)]
        lines = audiotag("undo", "--list").stdout.splitlines()
        assert [line.split("  ")[2:] for line in lines] == [
            ["tag", "2 files written"],
            ["undo of run 1", "2 files written"],
            ["undo of run 2", "2 files written"],
        ]

    def test_only_a_path_and_only_what_nobody_changed_since(self, audiotag: Run, music: Path) -> None:
        audiotag("tag", "--write", "--policy", "replace")
        write_genres(music / "b.flac", ("Polka",))
        done = audiotag("undo", music / "b.flac")
        assert (done.returncode, done.stdout) == (
            0,
            f"{music}/b.flac: Polka   kept: its genre was changed since\n",
        )
        audiotag("undo", music / "a.mp3")
        assert genres(music) == [(), ("Polka",)]

    def test_a_run_that_was_killed_before_its_first_file_is_not_the_last(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        audiotag("tag", "--write")
        with Store(tmp_path / "library.db", write=True) as store:
            crash(store, music / "b.flac", before_the_replace=True)
        done = audiotag("undo")
        assert "An earlier run was killed" in done.stderr
        assert "Run 1 (tag" in done.stderr
        assert genres(music) == [(), ("Folk",)]

    def test_nothing_to_undo(self, audiotag: Run, music: Path) -> None:
        done = audiotag("undo")
        assert (done.returncode, done.stderr) == (
            0,
            "Nothing to undo: the journal knows of no write there.\n",
        )
        assert "The journal is empty" in audiotag("undo", "--list").stderr
        done = audiotag("undo", "--run", "5")
        assert (done.returncode, done.stderr) == (
            1,
            "audiotag: no run 5 in the journal; audiotag undo --list shows them\n",
        )

    def test_what_cannot_be_put_back_is_named(self, audiotag: Run, music: Path) -> None:
        audiotag("tag", "--write")
        os.link(music / "a.mp3", music / "other.mp3")
        done = audiotag("undo", "-q")
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith(f"failed: {music}/a.mp3: it has 2 hard links")
        assert audiotag("undo", "-q", "--break-hardlinks").returncode == 0
        assert genres(music)[0] == ()


class TestTag:
    def test_the_plan_for_machines(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        (music / "bad.mp3").write_text("no audio")
        with Store(tmp_path / "library.db", write=True) as store:
            store.put(track(os.fsencode(music / "bad.mp3"), [1.0, 0.0, 0.0]))
            store.put(failed(os.fsencode(music / "b.flac")))
        plain = audiotag("tag", "--json")
        a, b, bad = (json.loads(line) for line in plain.stdout.splitlines())
        assert a == {
            "path": f"{music}/a.mp3", "action": "write", "old": [], "new": ["Rock"], "confidence": 0.9,
            "reason": "fill", "written": False, "error": None,
        }  # fmt: skip
        assert (b["action"], b["reason"], b["confidence"]) == ("keep", "no prediction", None)
        assert (bad["action"], bad["new"], "bad.mp3" in bad["error"]) == ("failed", [], True)
        assert plain.returncode == 3
        quiet = audiotag("tag", "--json", "-q", "--write", music / "a.mp3")
        assert (json.loads(quiet.stdout)["written"], quiet.stderr) == (True, "")

    def test_a_file_that_would_not_change_is_not_touched(self, audiotag: Run, music: Path) -> None:
        audiotag("tag", "--write")

        def states() -> list[tuple[int, int]]:
            return [(path.stat().st_ino, path.stat().st_ctime_ns) for path in sorted(music.iterdir())]

        before = states()
        assert audiotag("tag", "--write").returncode == 0
        assert states() == before

    def test_versions_provenance_and_times(self, audiotag: Run, music: Path) -> None:
        os.utime(music / "a.mp3", ns=(10**18, 10**18))
        os.utime(music / "b.flac", ns=(10**18, 10**18))
        done = audiotag("tag", "--write", "--id3-version", "2.3", "--provenance")
        assert "changed since it was scanned" in done.stdout, "these are not the files that were scanned"
        with Store(music.parent / "library.db", write=True) as store:
            for track in list(store.tracks()):
                info = os.stat(track.path)
                store.put(replace(track, size=info.st_size, mtime_ns=info.st_mtime_ns))
        options = ("--id3-version", "2.3", "--provenance", "--keep-mtime", "--policy", "append")
        assert audiotag("tag", "--write", *options).returncode == 0
        tags = [read_tags(music / name) for name in ("a.mp3", "b.flac")]
        assert [(one.genres, one.id3_version) for one in tags] == [(("Rock",), 3), (("Folk", "Rock"), None)]
        for one in tags:
            assert one.texts["AUDIOTAG_MODEL"] == ("made-up-1",)
            assert one.texts["AUDIOTAG_PROBABILITIES"] == ("Rock 0.9000; Folk 0.1000; Pop 0.0000",)
        assert {path.stat().st_mtime_ns for path in music.iterdir()} == {10**18}

    def test_provenance_alone_is_shown_as_such(self, audiotag: Run, music: Path) -> None:
        audiotag("tag", "--write")
        done = audiotag("tag", "--provenance", music / "a.mp3")
        assert done.stdout == f"{music}/a.mp3: Rock   provenance added\n"

    def test_a_plan_is_as_honest_as_the_write(self, audiotag: Run, music: Path) -> None:
        os.link(music / "a.mp3", music / "other.mp3")
        plain, machine = audiotag("tag"), audiotag("tag", "--json", music / "a.mp3")
        assert (plain.returncode, plain.stdout) == (3, f"{music}/b.flac: Folk   kept: has a genre\n")
        assert plain.stderr.splitlines() == [
            f"cannot be written: {music}/a.mp3: it has 2 hard links; --break-hardlinks writes it alone",
            "0 of 2 files would be written, 1 had a genre already, 1 cannot be written.",
        ]
        (a,) = map(json.loads, machine.stdout.splitlines())
        assert (a["action"], a["new"], a["written"], "2 hard links" in a["error"]) == (
            "failed",
            [],
            False,
            True,
        )
        done = audiotag("tag", "--write")
        assert (done.returncode, "0 of 2 files written" in done.stderr, "1 failed" in done.stderr) == (
            3, True, True,
        )  # fmt: skip

    def test_a_file_that_failed_in_the_scan_has_its_genre_and_the_reason(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        with Store(tmp_path / "library.db", write=True) as store:
            store.put(failed(os.fsencode(music / "b.flac"), reason="no audio stream in it"))
        done = audiotag("tag", music / "b.flac")
        assert done.stdout == f"{music}/b.flac: Folk   kept: no prediction (no audio stream in it)\n"
        assert "1 without a prediction" in done.stderr

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
        done = audiotag("tag", styled)
        assert done.stdout == f"{styled}: (no genre)   kept: not written by default: Instrumental 0.90\n"
        assert done.stderr == "0 of 1 file would be written, 1 uncertain, left alone.\n"

    def test_styles_come_and_go_with_the_option(self, audiotag: Run, styled: Path, tmp_path: Path) -> None:
        before = styled.read_bytes()
        assert audiotag("tag", "--write", "--styles", styled).returncode == 0
        assert read_tags(styled).genres == ("Electronic", "Chiptune", "House")
        assert "kept: already so" in audiotag("tag", "--styles", styled).stdout
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
        assert "kept: has a genre" in audiotag("tag", "--styles", styled).stdout

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

    def test_the_hint_is_the_command_that_was_given(self, audiotag: Run, music: Path) -> None:
        done = audiotag("tag", "--min-confidence", "0.2", "--policy=append", music / "a.mp3")
        assert done.stderr.splitlines()[-1] == (
            "Nothing has been changed. To write: "
            f"audiotag tag --write-id3 --min-confidence 0.2 --policy=append {music}/a.mp3"
        )

    def test_a_senseless_version_is_wrong_usage(self, audiotag: Run, music: Path) -> None:
        done = audiotag("tag", "--id3-version", "1")
        assert (done.returncode, "id3_version must be one of keep, 2.3, 2.4" in done.stderr) == (2, True)

    def test_a_start_after_a_crash_says_what_it_found(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        with Store(tmp_path / "library.db", write=True) as store:
            crash(store, music / "b.flac", before_the_replace=True)
        assert (music / COPY).exists()
        done = audiotag("tag", "--write")
        assert done.stderr.startswith(
            "An earlier run was killed: of its open writes 0 had happened and 1 had not; "
            "1 temporary file removed.\n"
        )
        assert sorted(os.listdir(music)) == ["a.mp3", "b.flac"]

    def test_the_help_is_enough(self, audiotag: Run) -> None:
        text = audiotag("tag", "--help").stdout
        for words in ("--write-id3", "--policy fill|append|replace", "audiotag undo", "Exit codes", "= []"):
            assert words in text
        assert max(map(len, text.splitlines())) <= 100


class TestTwoAtOnce:
    @pytest.mark.parametrize("command", [["tag", "--write"], ["undo"]])
    def test_the_second_ends_with_4(self, command: list[str], audiotag: Run, music: Path) -> None:
        with Store(music.parent / "library.db", write=True):
            done = audiotag(*command, "-q")
            assert (done.returncode, done.stdout) == (4, "")
            assert done.stderr.count("\n") == 1
            assert "another run of audiotag holds this library; --wait SECONDS" in done.stderr
            assert audiotag(*command, "--wait", "0.2").returncode == 4
            assert audiotag("tag").returncode == 0, "a dry run only reads"

    def test_or_waits(self, music: Path, tmp_path: Path) -> None:
        with Store(tmp_path / "library.db", write=True):
            process = subprocess.Popen(
                [sys.executable, "-m", "audiotag", "tag", "--write", "-q", "--wait", "60"],
                env=environment(tmp_path),
            )
            time.sleep(1.5)
            assert process.poll() is None
        assert process.wait(timeout=30) == 0
        assert genres(music)[0] == ("Rock",)

    def test_of_two_runs_each_file_is_written_once(self, music: Path, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "audiotag", "tag", "--write", "-q", "--wait", "60"]
        runs = [subprocess.Popen(command, env=environment(tmp_path)) for _ in range(3)]
        assert [process.wait(timeout=60) for process in runs] == [0, 0, 0]
        with Store(tmp_path / "library.db", write=False) as store:
            assert [run.written for run in Journal(store).runs()] == [1]
