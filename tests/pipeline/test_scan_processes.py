"""What the processes of a scan load."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.helpers.models import MadeModel


def loaded_libraries(pid: int) -> set[str]:
    """Which of the two that must not meet a process has mapped, and whether it decodes."""
    try:
        with open(f"/proc/{pid}/maps") as file:
            maps = file.read()
    except OSError:
        return set()
    names = {
        "essentia": "/essentia/_essentia",
        "tensorflow": "/tensorflow/libtensorflow_framework",
        "libsndfile": "/libsndfile",
    }
    return {name for name, file_name in names.items() if file_name in maps}


def descendants(pid: int) -> list[int]:
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in map(int, file.read().split()):
                    found += [child, *descendants(child)]
    except OSError:
        pass
    return found


@pytest.mark.slow
def test_essentia_and_tensorflow_never_meet_in_one_process(
    music: Path, made_model: MadeModel, tmp_path: Path
) -> None:
    """Watched from outside, through a scan with the TensorFlow engine."""
    command = [sys.executable, "-m", "audiotag", "scan", str(music), "--engine", "tensorflow"]
    command += ["--db", str(tmp_path / "l.db"), "--model", str(made_model.card_file), "--jobs", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    seen: set[frozenset[str]] = set()
    while process.poll() is None:
        for pid in [process.pid, *descendants(process.pid)]:
            seen.add(frozenset(loaded_libraries(pid)))
        time.sleep(0.01)
    assert process.stderr is not None
    assert process.returncode == 0, process.stderr.read()
    assert frozenset({"libsndfile"}) in seen, "no decode worker was seen at work"
    assert frozenset({"tensorflow"}) in seen, "the engine was not seen at work"
    assert not [loaded for loaded in seen if "essentia" in loaded], (
        "of whole files nothing is left to Essentia"
    )
    assert frozenset({"libsndfile", "tensorflow"}) not in seen
