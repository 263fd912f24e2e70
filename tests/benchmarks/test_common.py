"""What a benchmark measures is what the command took, and nothing of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.common import material, run_command, show


def test_the_memory_of_a_command_is_that_of_its_largest_process() -> None:
    inner = "x = bytearray(90_000_000)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    assert 90 < run_command([sys.executable, "-c", outer], dict(os.environ)).peak_mb < 130


def test_the_memory_of_the_one_who_measures_does_not_count() -> None:
    mine = bytearray(200_000_000)
    assert run_command([sys.executable, "-c", "pass"], dict(os.environ)).peak_mb < 60
    del mine


def test_time_and_output() -> None:
    cost = run_command(["sh", "-c", "echo out; echo err >&2; sleep 0.3"], dict(os.environ))
    assert cost.seconds >= 0.3
    assert (cost.stdout, cost.stderr) == ("out\n", "err\n")


def test_a_command_that_fails_ends_the_benchmark_with_its_words() -> None:
    with pytest.raises(SystemExit, match=r"(?s)exit code 7 of sh.*no luck"):
        run_command(["sh", "-c", "echo no luck >&2; exit 7"], dict(os.environ))


def test_what_is_not_at_hand_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        material(None, tmp_path / "music")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"skipped: {tmp_path / 'music'} is not here")
    with pytest.raises(SystemExit, match="no such file or folder"):
        material(tmp_path / "music", tmp_path)


def test_a_table_has_its_figures_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    show("title", ["", "time"], [["one", "1 s"], ["another", "100 s"]])
    assert capsys.readouterr().out.splitlines()[3:] == ["          time", "one        1 s", "another  100 s"]
