"""Standard output and error closed, full or gone: one line or none, and the right exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.library.records import TrackInfo
from audiotag.library.store import Store
from tests.helpers.tracks import track

NASTY = "\x1b[2Jgone\x9b31m\n\u202etxt.exe"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with one song, whose tags want to play with the terminal."""
    db = tmp_path / "library.db"
    song = tmp_path / os.fsdecode("new\nline \x1b[31mä.mp3")
    song.write_bytes(b"no audio")
    with Store(db, write=True) as store:
        store.put(replace(track(os.fsencode(song), [0.1, 0.0, 0.9]), info=TrackInfo(NASTY, NASTY, NASTY)))
    return db


def shell(line: str, db: Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which $A is the command."""
    command = f"{sys.executable} -m audiotag"
    variables = {"AUDIOTAG_DB": str(db), "XDG_CONFIG_HOME": str(db.parent), "A": command}
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, check=False, env=os.environ | variables
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--version", 1),
        ("--help", 1),
        ("tag --help", 1),
        ("report --csv -", 1),
        ("report --json -", 1),
        ("undo --list", 0),  # it has nothing to print
    ],
)
def test_a_full_disk_under_the_output_is_one_line(line: str, code: int, library: Path) -> None:
    done = shell(f"$A {line} >/dev/full", library)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1
    if code:
        assert done.stderr == "audiotag: output: No space left on device\n"


def test_too_few_open_files_is_no_matter_of_the_output(library: Path, tmp_path: Path) -> None:
    """Nor is it told as one, wherever among a scan's pipes and processes it comes."""
    (tmp_path / "a.wav").write_bytes(b"no sound")
    done = shell(f"ulimit -n 14; $A scan {shlex.quote(str(tmp_path))}", library)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "audiotag: too few files may be open at once; raise the limit (ulimit -n), or lower --jobs"
    )


def test_json_is_json_on_a_terminal_of_any_encoding(library: Path) -> None:
    done = shell("PYTHONIOENCODING=ascii $A tag --json 2>/dev/null", library)
    assert json.loads(done.stdout)["path"].endswith("new\nline \x1b[31mä.mp3")


def test_a_report_file_on_a_full_disk(library: Path) -> None:
    done = shell("$A report --csv /dev/full", library)
    assert (done.returncode, done.stderr) == (
        1,
        "audiotag: /dev/full: cannot be written (the disk is full: No space left on device)\n",
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("$A --version >&-", 0),
        ("$A report --csv - >&-", 0),
        ("$A tag -v >&- 2>&-", 3),
        ("$A tag 2>/dev/full", 3),
        ("$A nonsense >&- 2>&-", 2),
        ("$A nonsense 2>/dev/full", 2),
        ("$A tag --top 0 2>/dev/full", 2),
        ("$A tag <&- >&- 2>&-", 3),
    ],
)
def test_closed_and_deaf_streams_change_nothing_but_what_is_heard(
    line: str, code: int, library: Path
) -> None:
    done = shell(line, library)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_what_is_printed_never_lands_in_a_file_that_took_the_number(library: Path) -> None:
    before = library.read_bytes()
    shell("$A tag -v >&- 2>&-; $A report --csv - >&-; $A undo --list 2>&-", library)
    assert library.read_bytes() == before


def test_children_inherit_streams_that_are_open(tmp_path: Path) -> None:
    """A worker whose first opened file becomes its standard output would print into it."""
    code = (
        "import os, subprocess, sys\n"
        "from audiotag.cli.streams import reopen_closed\n"
        "reopen_closed()\n"
        "child = 'import os; [os.fstat(n) for n in (0, 1, 2)]'\n"
        "raise SystemExit(subprocess.run([sys.executable, '-c', child], close_fds=True).returncode)\n"
    )
    done = subprocess.run(["sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, code], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("line", ["tag", "tag --json", "report --csv -", "report --json -", "report"])
def test_nobodys_tags_command_the_terminal(line: str, library: Path) -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "audiotag", *line.split()],
        stdout=follower, stderr=follower, env=os.environ | {
            "AUDIOTAG_DB": str(library), "XDG_CONFIG_HOME": str(library.parent), "TERM": "dumb"
        },
    ):  # fmt: skip
        os.close(follower)
        said = b""
        with suppress(OSError):  # when the other end has closed
            while True:
                said += os.read(leader, 1 << 16)
    os.close(leader)
    text = re.sub("\r+\n", "\n", said.decode())
    assert not {c for c in text if c in "\x1b\x9b\u202e\x7f\r"}, text


@pytest.mark.parametrize(("reader", "code"), [("cat", 1), ("true", 0)])
def test_a_pipe_that_breaks_is_no_matter_of_the_output_while_that_is_read(reader: str, code: int) -> None:
    """As where no worker can be started: that was an end without a word, with exit code 0."""
    program = (
        "import time; from audiotag.cli.options import command; import typer\n"
        "@command\n"
        "def broken():\n"
        "    time.sleep(0.5)\n"
        "    raise BrokenPipeError(32, 'Broken pipe')\n"
        "typer.run(broken)"
    )
    line = f"{shlex.join([sys.executable, '-c', program])} | {reader}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (code, code), done.stderr
    assert "could not be started" in done.stderr or code == 0
