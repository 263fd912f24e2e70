"""What is seen of files while they are worked on: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr

import numpy as np
import pytest

from audiotag.cli.output import Messages
from audiotag.cli.progress import PrepareProgress, ScanProgress
from audiotag.library.records import TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.pipeline.extract import Extracted, ExtractJob
from audiotag.pipeline.summary import ScanSummary
from tests.helpers.tracks import failed, track

ONE = FoundFile(b"/m/\x1b[31mone.mp3", 3_000_000, 5)
TWO = FoundFile(b"/m/two.mp3", 1_000_000, 5)


class Screen(io.StringIO):
    """A terminal of sorts; it may be taken away."""

    gone = False

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.gone:
            raise OSError(5, "Input/output error")
        return super().write(text)


@contextmanager
def terminal() -> Iterator[Screen]:
    """A terminal that standard error goes to."""
    with redirect_stderr(Screen()) as screen:
        yield screen


def messages(quiet: bool = False, verbose: bool = False) -> Messages:
    return Messages(quiet, verbose)


def scan_two(voice: Messages, between: Callable[[], None] = lambda: None) -> ScanProgress:
    """Two files of four megabytes: one is predicted, the other fails; a note comes with it."""
    summary = ScanSummary()
    with ScanProgress(voice) as progress:
        progress.plan(2, 4_000_000, summary)
        summary.predicted, summary.seconds = 1, 200.0
        progress.advance(ONE, track(ONE.path, [0.1, 0.2, 0.9]))
        between()
        summary.failures.add(TWO.path, "damaged", "decode")
        summary.notes.append("listening to long files takes long")
        progress.advance(TWO, failed(TWO.path))
    return progress


class TestOnATerminal:
    def test_a_bar_grows_with_the_bytes_that_are_done(self) -> None:
        with terminal() as screen:
            scan_two(messages())
        drawn = [line for line in screen.getvalue().replace("\r", "\n").splitlines() if line.strip()]
        assert "0/2 files, starting …" in drawn[0]
        last = drawn[-1]
        assert "100%" in last
        assert "2/2 files, 3 min of audio, 1 failed" in last

    def test_what_the_user_should_know_stands_above_it(self) -> None:
        with terminal() as screen:
            scan_two(messages())
        assert "\rlistening to long files takes long\n" in screen.getvalue()
        assert "two.mp3" not in screen.getvalue()

    def test_with_v_each_file_does_and_none_commands_the_terminal(self) -> None:
        with terminal() as screen:
            scan_two(messages(verbose=True))
        assert "/m/\\x1b[31mone.mp3: Rock 90%\n" in screen.getvalue()
        assert "/m/two.mp3: failed: damaged\n" in screen.getvalue()

    def test_there_is_none_for_no_files_nor_for_a_quiet_run(self) -> None:
        with terminal() as screen, ScanProgress(messages()) as progress:
            scan_two(messages(quiet=True))
            progress.plan(0, 0, ScanSummary())
        assert screen.getvalue() == ""

    def test_one_that_goes_away_ends_nothing(self) -> None:
        with terminal() as screen:

            def hang_up() -> None:
                screen.gone = True

            assert "2 of 2 files done" in scan_two(messages(), hang_up).so_far()


class TestElsewhere:
    def test_the_plan_and_the_notes_are_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        scan_two(messages())
        assert capsys.readouterr().err.splitlines() == [
            "Listening to 2 files (4.0 MB) …",
            "listening to long files takes long",
        ]

    def test_with_v_so_is_each_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        summary = ScanSummary()
        with ScanProgress(messages(verbose=True)) as progress:
            progress.passed_over(b"/m/film.mkv", "videos", None)
            progress.plan(2, 4_000_000, summary)
            progress.passed_over(ONE.path, "audiobooks", ONE)
            progress.advance(TWO, None)
        assert capsys.readouterr().err.splitlines() == [
            "/m/film.mkv: passed over: a video",
            "Listening to 2 files (4.0 MB) …",
            "/m/\\x1b[31mone.mp3: passed over: an audiobook",
            "/m/two.mp3: changed or went meanwhile: left to the next scan",
        ]


def test_who_interrupts_a_scan_is_told_what_is_done() -> None:
    assert ScanProgress(messages()).so_far() == (
        "interrupted while looking for files; the next scan begins anew"
    )
    assert scan_two(messages(quiet=True)).so_far() == (
        "interrupted; 2 of 2 files done (1 decoded, 0 recognised, 1 failed), all kept: the next scan goes on"
    )


def test_preparing_counts_clips_and_what_is_wrong_but_not_what_is_short() -> None:
    def extracted(found: FoundFile, fault: tuple[str, str] | None = None) -> Extracted:
        windows = np.zeros((3, 2, 2), np.uint8) if fault is None else None
        return Extracted(ExtractJob(found), TrackInfo(), 0.0 if fault else 30.0, windows, fault)

    with terminal() as screen, PrepareProgress(messages(verbose=True)) as progress:
        progress.plan(3, 5_000_000)
        progress.advance(extracted(ONE))
        progress.advance(extracted(TWO, ("too-short", "1 second")))
        progress.advance(extracted(TWO, ("decode", "damaged")))
    shown = screen.getvalue()
    assert "one.mp3: 3 clips\n" in shown
    assert "/m/two.mp3: decode: damaged\n" in shown
    assert "3/3 files, 0 min of audio, " in shown
    assert "1 failed" in shown.splitlines()[-1]
