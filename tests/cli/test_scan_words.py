"""What a scan says at its end."""

from __future__ import annotations

import pytest

from audiotag.cli.output import Messages
from audiotag.cli.scan import _tell
from audiotag.pipeline.summary import ScanSummary


def test_what_was_passed_over_is_counted_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    summary = ScanSummary(unchanged=4)
    summary.passed_over.update({"videos": 2, "audiobooks": 1})
    _tell(Messages(quiet=False, verbose=False), summary, 1.0)
    assert capsys.readouterr().err.splitlines() == [
        "Nothing has changed: 4 tracks known, none decoded.",
        "1 audiobook and 2 videos passed over, being no music; "
        "--include audiobooks --include videos listens to them.",
    ]


def test_a_folder_of_films_has_no_music(capsys: pytest.CaptureFixture[str]) -> None:
    summary = ScanSummary()
    summary.passed_over["videos"] = 1
    _tell(Messages(quiet=False, verbose=False), summary, 1.0)
    assert capsys.readouterr().err.splitlines() == [
        "No music found.",
        "1 video passed over, being no music; --include videos listens to it.",
    ]


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    summary = ScanSummary()
    summary.passed_over["videos"] = 1
    _tell(Messages(quiet=True, verbose=False), summary, 1.0)
    assert capsys.readouterr().err == ""
