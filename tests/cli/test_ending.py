"""The process leaves at once, and loses nothing: output, exit code, what is to be done at its end."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Inside of `leaving_at_once`; a module that is taken apart says so."""
    program = (
        "import atexit, sys, threading, time\n"
        "from audiotag.cli.ending import leaving_at_once\n"
        "class Part:\n"
        "    def __del__(self): print('taken apart')\n"
        "part = Part()\n"
        "with leaving_at_once():\n"
        "    " + code.replace("\n", "\n    ")
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("code", "ended"), [("sys.exit(3)", 3), ("sys.exit()", 0), ("pass", 0)])
def test_the_exit_code_is_kept(code: str, ended: int) -> None:
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (ended, "", "")


def test_what_is_to_be_done_at_the_end_is_done() -> None:
    done = run(
        "atexit.register(print, 'registered')\n"
        "threading.Thread(target=lambda: (time.sleep(0.3), print('a thread'))).start()\n"
        "print('the last word', end='')\nprint('and to people', end='', file=sys.stderr)\nsys.exit(1)"
    )
    assert done.returncode == 1
    assert done.stdout == "the last worda thread\nregistered\n"
    assert done.stderr == "and to people"


@pytest.mark.parametrize("code", ["raise ValueError('unforeseen')", "sys.exit('words')"])
def test_a_fault_ends_it_as_ever(code: str) -> None:
    done = run(code)
    assert done.returncode == 1
    assert done.stdout == "taken apart\n"
    assert done.stderr.endswith(("unforeseen\n", "words\n"))
