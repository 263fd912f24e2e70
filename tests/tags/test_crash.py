"""SIGKILL at every system call of a write, or of a group of them: each file is wholly old or wholly
new, and the journal knows which."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.audio_files import make_audio, tone
from tests.tags.cases import Case
from tests.tags.dressing import dress

AudioFile = Callable[..., Path]


# The steps are the same ones but for those that write the tags; the others are for `make test-all`.
@pytest.mark.parametrize(
    "suffix",
    [".mp3", *(pytest.param(one, marks=pytest.mark.slow) for one in (".ogg", ".flac", ".m4a", ".wav"))],
)
def test_a_kill_at_any_step_costs_nothing(suffix: str, tmp_path: Path, audio_file: AudioFile) -> None:
    source = Case(suffix, None, "full").make(tmp_path / f"source{suffix}", audio_file)
    found = drive(tmp_path / "stage", source)
    print(f"{suffix}: killed at each of {found['steps']} steps, {found['old']} old, {found['new']} new")
    assert found["steps"] >= 20
    assert found["old"] + found["new"] == found["steps"] + 1  # and once to the end
    assert min(found["old"], found["new"]) > 3


@pytest.mark.parametrize(
    "suffixes",
    [(".mp3", ".ogg"), pytest.param((".flac", ".mp3", ".wav", ".m4a"), marks=pytest.mark.slow)],
)
def test_a_kill_in_a_group_costs_nothing(suffixes: tuple[str, ...], tmp_path: Path) -> None:
    """At any step of any of the files, and of what they share: before, between and after the replaces."""
    found = drive(tmp_path / "stage", *different_songs(tmp_path, suffixes))
    print(f"{suffixes}: killed at each of {found['steps']} steps: {found}")
    assert found["old"] + found["some"] + found["new"] == found["steps"] + 1
    assert found["some"] >= len(suffixes) - 1
    assert min(found["old"], found["new"]) > 3


@pytest.mark.parametrize("times", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_a_kill_while_threads_are_at_work_costs_nothing(times: int, tmp_path: Path) -> None:
    songs = different_songs(tmp_path, [".mp3", ".flac", ".wav", ".ogg"] * 3)
    found = drive("--at-random", str(times), tmp_path / "stage", *songs)
    print(f"killed {times} times while threads were at work: {found}")
    assert sum(found.get(what, 0) for what in ("old", "some", "new")) == times + 1


def different_songs(folder: Path, suffixes: tuple[str, ...] | list[str]) -> list[Path]:
    songs = []
    for number, suffix in enumerate(suffixes):
        path = make_audio(folder / f"source{number}{suffix}", tone(0.3, 44_100, seed=number), 44_100)
        dress(path, "full", 4)
        songs.append(path)
    return songs


def drive(*arguments: str | Path) -> dict[str, int]:
    """What the driver counted; skips where it cannot do its work."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.tags.crash_driver", *arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    if "skip" in found:
        pytest.skip(str(found["skip"]))
    return found
