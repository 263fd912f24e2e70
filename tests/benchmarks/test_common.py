"""What a benchmark measures is what the command took, and nothing of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from statistics import median

import pytest

from benchmarks import measure_tree
from benchmarks.common import material, run_command, show


def test_the_memory_of_a_command_is_that_of_its_largest_process() -> None:
    inner = "x = bytearray(90_000_000)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    assert 90 < run_command([sys.executable, "-c", outer], dict(os.environ)).peak_mb < 130


def test_the_memory_of_the_one_who_measures_does_not_count() -> None:
    mine = bytearray(200_000_000)
    assert run_command([sys.executable, "-c", "pass"], dict(os.environ)).peak_mb < 60
    del mine


def test_the_memory_of_a_tree_counts_what_is_shared_once(tmp_path: Path) -> None:
    """Two forked processes beside their parent have its 90 MB in common; one has 60 MB of its own."""
    code = (
        "import os, time\n"
        "shared = bytearray(os.urandom(1)) * 90_000_000\n"
        "first = os.fork()\n"
        "second = first and os.fork()\n"
        "own = bytearray(b'x') * (60_000_000 if not first else 1)\n"
        "time.sleep(3)\n"
    )
    report = tmp_path / "cost"
    run_command(
        [sys.executable, "-I", "-S", measure_tree.__file__, report, "0.05", sys.executable, "-c", code],
        dict(os.environ),
    )
    seen = json.loads(report.read_text())
    assert 150 < seen["pss_kb"] * 1024 / 1e6 < 210
    assert seen["rss_kb"] / 1024 > 300
    assert (seen["processes"], seen["code"]) == (3, 0)
    assert max(seen["busy"]) <= 3


def test_threads_that_could_use_a_core_are_counted(tmp_path: Path) -> None:
    report = tmp_path / "cost"
    two = "(while :; do :; done) & (while :; do :; done) & sleep 1; kill $(jobs -p)"
    run_command(
        [sys.executable, "-I", "-S", measure_tree.__file__, report, "0.05", "bash", "-c", two],
        dict(os.environ),
    )
    assert median(json.loads(report.read_text())["busy"]) == 2


def test_time_and_output() -> None:
    cost = run_command(["sh", "-c", "echo out; echo err >&2; sleep 0.3"], dict(os.environ))
    assert cost.seconds >= 0.3
    assert cost.cpu_seconds < 0.3
    assert (cost.stdout, cost.stderr) == ("out\n", "err\n")


def test_the_time_of_all_processes_of_a_command_counts() -> None:
    busy = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    outer = f"import subprocess, sys\nfor _ in range(2): subprocess.run([sys.executable, '-c', {busy!r}])"
    assert 0.6 < run_command([sys.executable, "-c", outer], dict(os.environ)).cpu_seconds < 1.2


def test_a_command_that_fails_ends_the_benchmark_with_its_words() -> None:
    with pytest.raises(SystemExit, match=r"(?s)exit code 7 of sh.*no luck"):
        run_command(["sh", "-c", "echo no luck >&2; exit 7"], dict(os.environ))


def test_what_is_not_at_hand_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert material(None, tmp_path / "music") is None
    assert capsys.readouterr().out.startswith(f"skipped: {tmp_path / 'music'} is not here")
    with pytest.raises(SystemExit, match="no such file or folder"):
        material(tmp_path / "music", tmp_path)


def test_a_table_has_its_figures_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    show("title", ["", "time"], [["one", "1 s"], ["another", "100 s"]])
    assert capsys.readouterr().out.splitlines()[3:] == ["          time", "one        1 s", "another  100 s"]
