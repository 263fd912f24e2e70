"""What commands say of what they did, where no run of theirs in these tests comes to that."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.cli import app, echo, interrupt
from audiotag.cli.evaluate import _show_closing
from audiotag.cli.output import Messages, local_time
from audiotag.cli.prepare import _tell_faults, _tell_result
from audiotag.cli.scan import _tell as tell_scan
from audiotag.cli.scan import _tell_gone
from audiotag.cli.tag import _tell as tell_tag
from audiotag.cli.train import _cross_validate
from audiotag.cli.undo import _list
from audiotag.cli.undo import _tell as tell_undo
from audiotag.doctor import Finding
from audiotag.errors import InterruptedRunError
from audiotag.library.store import Store
from audiotag.pipeline.summary import ScanSummary
from audiotag.tags.safewrite.journal_rows import Run
from audiotag.tags.whereabouts import GONE
from audiotag.training.archives.dataset import Dataset
from audiotag.training.archives.prepare import PrepareSummary
from tests.training.predicted_tracks import clips

VOICE = Messages(quiet=False, verbose=True)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """`said()`: the lines for people since the last call."""
    return lambda: capsys.readouterr().err.splitlines()


@pytest.fixture
def _sigterm() -> Iterator[None]:
    """A command takes the signal for itself."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


class TestScan:
    def test_all_that_may_become_of_files_is_counted(self, said: Any) -> None:
        summary = ScanSummary(5, 2, 1, 3, 1, 40, waiting=1, seconds=600.0, hidden=Counter({".*": 2}))
        tell_scan(VOICE, summary, 2.0)
        assert said() == [
            "5 tracks predicted, 2 of them uncertain, 3 recognised by their sound (1 moved), 1 too short, "
            "40 unchanged. 10.0 min of audio in 2.0 s (300× real time).",
            "decoded 6, recognised 3, unchanged 40, failed 0",
            "passed over 2 names: .* 2",
            "1 file changed or went meanwhile: left to the next scan.",
        ]

    def test_what_is_gone_and_may_come_back(self, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            sys.modules["audiotag.cli.scan"], "same_command", lambda _context, *words: " ".join(words)
        )
        summary = ScanSummary(missing=9, forgotten=1, spared=6, absent=[("/disk", 4, "it is not mounted")])
        context: Any = None
        _tell_gone(VOICE, summary, context)
        assert said() == [
            "9 files no longer there: 1 forgotten, 2 marked missing (--prune forgets them), "
            "6 spared: marked missing, not forgotten.",
            "spared: 4 files of /disk: it is not mounted. If it is gone for good: --forget /disk",
            "spared: 2 files of more such folders.",
        ]


def test_a_library_without_tracks_has_nothing_to_tag(said: Any) -> None:
    tell_tag(VOICE, Counter(), False)
    assert said() == ["Nothing to tag: no scanned tracks there. Run 'audiotag scan FOLDER' first."]


class TestUndo:
    RUN = Run(
        3, "tag", undo_of=None, started_at="2030-01-01T00:00:00+00:00", finished_at=None, written=5, failed=2
    )

    def test_a_run_with_failures_that_was_killed(
        self, store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        journal = SimpleNamespace(runs=lambda: [self.RUN])
        monkeypatch.setattr("audiotag.tags.safewrite.journal.Journal", lambda _store: journal)
        _list(store, VOICE)
        assert capsys.readouterr().out == (
            f"3  {local_time(self.RUN.started_at)}  tag  5 files written, 2 failed, not finished\n"
        )

    def test_where_files_have_moved_a_scan_finds_them(self, said: Any) -> None:
        tell_undo(VOICE, self.RUN, Counter({"written": 4, GONE: 1}), True)
        assert said() == [
            f"Run 3 (tag, {local_time(self.RUN.started_at)}): 4 of 5 files put back, 1 {GONE}.",
            "What was moved is found once 'audiotag scan' has seen where it lies now.",
        ]


def test_the_figures_of_folds_are_means(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folds = [{"fma": SimpleNamespace(top1=one, top3=0.9, macro_f1=0.5)} for one in (0.6, 0.8)]
    monkeypatch.setattr("audiotag.training.run.cross_validate_order", lambda *_arguments: folds)
    order: Any = None
    _cross_validate(order, 2, VOICE)
    assert capsys.readouterr().out.splitlines() == [
        "fma top1 0.7000 ± 0.1000 over 2 folds",
        "fma top3 0.9000 ± 0.0000 over 2 folds",
        "fma macro_f1 0.5000 ± 0.0000 over 2 folds",
    ]


def test_a_model_that_would_write_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    found: Any = SimpleNamespace(
        top1=0.5, top1_closed=0.5, top3=0.9, macro_f1=0.4, map=0.3, ece=0.1, precision_at_threshold=None
    )
    _show_closing(found, "3 tracks", "the archive's")
    assert capsys.readouterr().out.splitlines()[-1] == "At the model's thresholds nothing is written."


class TestPrepare:
    ARCHIVE = replace(clips(["Folk", "Pop", "Folk"], [9, 9, 9], [1, 2, 3], ["train", "train", "val"]))

    def test_what_is_not_used_is_named_with_its_reason(self, said: Any) -> None:
        summary = PrepareSummary(2, 60.0, [(b"/m/a.mp3", "damaged")], [(b"/m/b.mp3", "1.0 s of sound")])
        dataset = Dataset((), absent=("000/000002.mp3", "000/000003.mp3"), unlabelled=4)
        _tell_faults(VOICE, dataset, summary)
        assert said() == [
            "failed: /m/a.mp3: damaged",
            "2 files of tracks.csv not there, 000/000002.mp3 the first",
            "4 files passed over: tracks.csv gives no genre.",
            "too short: /m/b.mp3: 1.0 s of sound",
        ]

    def test_a_split_that_lacks_a_genre_is_named(self, said: Any) -> None:
        _tell_result(VOICE, Path("a.npz"), self.ARCHIVE, PrepareSummary(3, 60.0), 2.0)
        assert said() == [
            "val has no Pop: too few artists to share out.",
            "a.npz: 3 clips of 3 tracks in 2 genres (train 2, val 1, test 0). "
            "1.0 min of audio in 2.0 s (30× real time).",
        ]

    @pytest.mark.usefixtures("_sigterm")
    def test_failures_end_in_exit_3_and_two_sets_of_one_name_in_wrong_usage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for folder in ("a/set/Folk", "b/set/Pop"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "song.mp3").write_text("no audio")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        archive = replace(self.ARCHIVE, frontend=FMA_ARCHIVE, mel=self.ARCHIVE.mel[:, :40])
        summary = PrepareSummary(3, 60.0, [(b"/m/a.mp3", "damaged")])
        monkeypatch.setattr(
            "audiotag.training.archives.prepare.prepare", lambda *_arguments: (archive, summary)
        )
        command = ["prepare", str(tmp_path / "a/set"), "-o", str(tmp_path / "a.npz")]
        assert CliRunner().invoke(app, command).exit_code == 3
        assert (tmp_path / "a.npz").exists()
        done = CliRunner().invoke(app, [*command, str(tmp_path / "b/set")])
        assert (done.exit_code, done.stdout) == (2, "")
        assert "two of the data sets have the same name: rename a folder" in done.stderr


@pytest.mark.usefixtures("_sigterm")
def test_what_the_doctor_finds_wrong_stands_below_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    findings = [
        Finding("library", "file", "l.db", "damaged; put back a backup"),
        Finding("library", "in use", "no"),
    ]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("audiotag.doctor.examine_all", lambda _resolved: findings)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert done.stdout == "library\n! file: l.db\n    wrong: damaged; put back a backup\n  in use: no\n"


def test_a_program_is_called_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name where a shell finds it so, else by its path."""
    program = tmp_path / "bin" / "audiotag"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setenv("PATH", str(program.parent))
    assert echo._program("audiotag") == "audiotag"
    monkeypatch.setenv("PATH", "/nowhere")
    assert echo._program("audiotag") == str(program)
    monkeypatch.setattr(sys, "argv", ["audiotag"])
    assert echo._program("audiotag") == "audiotag"


class TestAnInterruption:
    """In a process of its own, which it ends."""

    def ended(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, deep: bool) -> str:
        """What was said. deep: Python does not come to look at the signal."""
        monkeypatch.setattr(interrupt, "_GRACE_SECONDS", 0.1)
        log = tmp_path / "log"
        pid = os.fork()
        if pid == 0:
            try:
                with log.open("w") as stream:
                    sys.stderr = stream
                    if deep:
                        signal.signal(signal.SIGINT, lambda _number, _frame: None)
                    try:
                        with interrupt.interruptible(lambda: "interrupted; 3 files done"):
                            os.kill(os.getpid(), signal.SIGINT)
                            time.sleep(5)
                    except InterruptedRunError as fault:
                        print(f"orderly: {fault}", file=stream, flush=True)
                        time.sleep(5)  # what is left to be tidied up takes long
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
        return log.read_text()

    def test_ends_in_time_though_tidying_up_takes_long(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        assert self.ended(monkeypatch, tmp_path, deep=False) == "orderly: interrupted; 3 files done\n"

    def test_ends_in_time_whatever_the_program_is_deep_inside_of(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        assert self.ended(monkeypatch, tmp_path, deep=True) == "audiotag: interrupted; 3 files done\n"
