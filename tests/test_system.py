"""Elsewhere than on Linux every way in ends in one line, before anything is done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from audiotag.errors import EXIT_FATAL, WrongSystemError
from audiotag.system import need_linux
from tests.helpers.command import environment

# Modules of the standard library that Windows lacks besides.
_LACKING = ("fcntl", "grp", "pwd", "resource", "termios")


def on_macos(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    hide = "".join(f"sys.modules[{name!r}] = None; " for name in _LACKING)
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.platform = 'darwin'; {hide}{program}"],
        capture_output=True, text=True, check=False, env=environment(folder),
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [[], ["--help"], ["scan", "."], ["doctor"]])
def test_the_command_says_so(arguments: list[str], tmp_path: Path) -> None:
    program = f"sys.argv[1:] = {arguments!r}; from audiotag.cli import main; main()"
    done = on_macos(program, tmp_path)
    assert (done.returncode, done.stdout) == (EXIT_FATAL, "")
    assert done.stderr.startswith("audiotag: it runs on Linux alone, not on macOS: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_interface_says_so(tmp_path: Path) -> None:
    program = "import audiotag.api"
    done = on_macos(program, tmp_path)
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert last.startswith("audiotag.errors.WrongSystemError: it runs on Linux alone, not on macOS: ")


@pytest.mark.parametrize(("system", "name"), [("win32", "Windows"), ("freebsd14", "freebsd14")])
def test_others_are_named(system: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(WrongSystemError, match=f"not on {name}: "):
        need_linux()


def test_here_nothing_is_said() -> None:
    need_linux()
