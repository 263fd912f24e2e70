"""The manual page: all that help says, as man shows it in a terminal of 80 columns."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from audiotag.cli import COMMANDS, app
from audiotag.cli.manual import manual_page
from tests.helpers.command import Run


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "audiotag.1"
    file.write_text(manual_page(app), encoding="utf-8")
    return file


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_roff_finds_nothing_wrong_with_it(page: Path) -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-Tutf8", page], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_shows_every_command_and_option_within_80_columns(page: Path, audiotag: Run) -> None:
    done = subprocess.run(
        ["man", "-l", page],
        capture_output=True,
        text=True,
        check=True,
        env={"MANWIDTH": "80", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""},
    )
    shown = done.stdout
    if "This system has been minimized" in shown or not shown.strip():
        pytest.skip("this system's man shows no pages")
    assert max(map(len, shown.splitlines())) <= 80
    for heading in ("NAME", "SYNOPSIS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES"):
        assert f"\n{heading}\n" in shown
    for name in COMMANDS:
        assert f"\n   {name}\n" in shown
        words = audiotag(name, "--help").stdout.replace(",", " ").split()
        for option in {word for word in words if word.startswith("--")}:
            assert option in shown.replace("‐", "-"), f"{name} {option}"


def test_a_setting_s_variable_is_in_it(page: Path) -> None:
    text = page.read_text()
    assert "\\fBAUDIOTAG_POLICY\\fR" in text
    assert "\\fBAUDIOTAG_DB\\fR" in text
