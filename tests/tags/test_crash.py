"""SIGKILL at every system call of a write: the file is wholly old or wholly new, and the journal
knows which."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tags.cases import Case

AudioFile = Callable[..., Path]
MORE = (".flac", ".m4a", ".wav")


# The steps are the same ones but for those that write the tags: one file whose tag has room for more,
# and one whose every page moves; the others are for `make test-all`.
@pytest.mark.parametrize(
    "suffix",
    [".mp3", ".ogg", *(pytest.param(one, marks=pytest.mark.slow) for one in (".flac", ".m4a", ".wav"))],
)
def test_a_kill_at_any_step_costs_nothing(suffix: str, tmp_path: Path, audio_file: AudioFile) -> None:
    source = Case(suffix, None, "full").make(tmp_path / f"source{suffix}", audio_file)
    done = subprocess.run(
        [sys.executable, "-m", "tests.tags.crash_driver", source, tmp_path / "stage"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if "skip" in found:
        pytest.skip(found["skip"])
    print(f"{suffix}: killed at each of {found['steps']} steps, {found['old']} old, {found['new']} new")
    assert found["steps"] >= 30
    assert found["old"] + found["new"] == found["steps"] + 1  # and once to the end
    assert min(found["old"], found["new"]) > 3
