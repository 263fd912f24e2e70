"""What a shell offers: commands, options, choices, genres, models; tried in the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audiotag.cli.completion import models, one_of
from audiotag.library.store import Store
from tests.helpers.command import environment
from tests.helpers.tracks import track


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A user's environment, with `audiotag` on the path and a library that knows Folk, Pop and Rock."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    program = bin_ / "audiotag"
    program.write_text(f"#!{sys.executable}\nfrom audiotag.cli import main\nmain()\n")
    program.chmod(0o755)
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/m/1.mp3", [0.3, 0.2, 0.3]))
    variables = environment(tmp_path)
    return variables | {
        "HOME": str(tmp_path),
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), variables.get("PYTHONPATH", "")]),
    }


def offered(home: dict[str, str], line: str) -> list[str]:
    """What is offered for the last word of a line, as bash is told it."""
    words = line.split(" ")
    asked = {
        "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_AUDIOTAG_COMPLETE": "complete_bash",
    }  # fmt: skip
    done = subprocess.run(
        ["audiotag"], env=home | asked, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


class TestOffers:
    def test_commands_options_and_choices(self, home: dict[str, str]) -> None:
        assert offered(home, "audiotag sc") == ["scan"]
        assert "--windows" in offered(home, "audiotag scan --")
        assert offered(home, "audiotag tag --policy ") == ["fill", "append", "replace"]

    def test_genres_of_the_library(self, home: dict[str, str]) -> None:
        assert offered(home, "audiotag report --genre Ro") == ["Rock"]
        missing = home | {"AUDIOTAG_DB": "/nowhere/library.db"}
        assert offered(missing, "audiotag report --genre Ro") == [], "and no error among what is offered"

    def test_models_and_choices_by_their_beginnings(self) -> None:
        assert models("resn") == ["resnet50"]
        assert one_of("ok|uncertain|failed")("un") == ["uncertain"]


def typed_into_bash(home: dict[str, str], line: str) -> str:
    """What stands on the line of an interactive bash after TAB has been pressed."""
    import pty

    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        ["bash", "--norc", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=home | {"PS1": "$ ", "TERM": "dumb"},
    )  # fmt: skip
    os.close(theirs)

    def until(text: bytes, seconds: float = 20.0) -> bytes:
        shown, end = b"", time.monotonic() + seconds
        while text not in shown and time.monotonic() < end:
            shown += os.read(ours, 1 << 16)
        return shown

    try:
        os.write(ours, b"source ~/.bashrc; echo re''ady\n")
        until(b"ready")
        os.write(ours, line.encode() + b"\t")
        return until(b"append").decode(errors="replace")
    finally:
        child.kill()
        child.wait()
        os.close(ours)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_a_choice_once_it_is_installed(home: dict[str, str], tmp_path: Path) -> None:
    variables = home | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    subprocess.run(["audiotag", "--install-completion", "bash"], env=variables, check=True, timeout=60)
    assert "audiotag tag --policy append" in typed_into_bash(home, "audiotag tag --policy app")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_take_the_script(shell: str, home: dict[str, str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    variables = home | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    script = subprocess.run(
        ["audiotag", "--show-completion", shell], env=variables, capture_output=True, text=True, check=True
    ).stdout
    if shell == "fish":
        ask = f"{script}\ncomplete -C 'audiotag tag --policy app'"
        done = subprocess.run(["fish", "-c", ask], env=home, capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["append"]
    else:
        done = subprocess.run(
            ["zsh", "-n", "-c", script], env=home, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
