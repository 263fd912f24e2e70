"""Our limits on processes, or the machine's where it allows less."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audiotag.audio.child import Allowance, DecodeLimits, TimedOutError, TooMuchMemoryError, ask_child
from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.audio.limits import least
from audiotag.audio.loky import cores, worker_count
from audiotag.library.walk import find_audio
from audiotag.pipeline.extract import ExtractJob, ExtractTask
from audiotag.tags.formats.containers import SUFFIXES
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.people import as_somebody_else


def test_no_limit_is_the_largest_of_all() -> None:
    assert least(5, resource.RLIM_INFINITY, 7) == 5
    assert least(resource.RLIM_INFINITY) == resource.RLIM_INFINITY


def answer(limit: int, value: int, both: bool, work: object) -> dict[str, object]:
    """What a child answers where this process has a limit of its own; in another process."""

    def ask() -> dict[str, object]:
        resource.setrlimit(limit, (value, value if both else resource.getrlimit(limit)[1]))
        return ask_child(work, Allowance.from_now(DecodeLimits(20)))

    return as_somebody_else(ask)


def limits() -> dict[str, object]:
    kinds = (resource.RLIMIT_DATA, resource.RLIMIT_CPU)
    return {"limits": [resource.getrlimit(kind)[0] for kind in kinds]}


@pytest.mark.parametrize("both", [True, False])
def test_a_smaller_limit_stays_and_fails_no_file(both: bool) -> None:
    for limit, value in ((resource.RLIMIT_DATA, 1_500 << 20), (resource.RLIMIT_CPU, 15)):
        found = answer(limit, value, both, limits)["limits"]
        assert isinstance(found, list)
        assert found[limit == resource.RLIMIT_CPU] in (value, value - 1)


def test_a_larger_one_is_not_used_up() -> None:
    assert answer(resource.RLIMIT_DATA, 9 << 30, True, limits)["limits"] == [2 << 30, 21]


@pytest.mark.parametrize("limit", [resource.RLIMIT_DATA, resource.RLIMIT_AS])
def test_the_memory_that_was_too_little_is_named(limit: int) -> None:
    with pytest.raises(TooMuchMemoryError, match=r"1\.17 GiB"):
        answer(limit, 1_200 << 20, True, lambda: {"eaten": len(bytearray(3 << 30))})


def test_processor_time_that_is_up_is_called_that() -> None:
    def compute() -> dict[str, object]:
        while True:
            pass

    started = time.monotonic()
    with pytest.raises(TimedOutError, match="ulimit -t"):
        answer(resource.RLIMIT_CPU, 2, True, compute)
    assert time.monotonic() - started < 15


def test_as_many_workers_as_this_process_may_use_cores() -> None:
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    code += "from audiotag.audio.loky import cores; print(cores())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert 1 <= cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("wanted", "files", "workers"), [(4, 9, 4), (4, 3, 3), (1_000, 1, 1), (0, 1, 1), (3, 0, 1)]
)
def test_never_more_workers_than_files(wanted: int, files: int, workers: int) -> None:
    assert worker_count(wanted, files) == workers


def test_with_none_asked_for_one_a_core() -> None:
    assert worker_count(0, 10**6) == cores()


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["-d 1500000", "-t 300", "-v 6000000", "-Sd 1500000", "-d 400000"])
def test_a_scan_below_a_limit(limit: str, tmp_path: Path) -> None:
    make_audio(tmp_path / "a.flac", tone(4.0, 22_050, seed=1), 22_050)
    command = f'ulimit {limit} && exec "$0" -m audiotag scan --db "$1/l.db" "$1"'
    done = subprocess.run(
        ["sh" if "-S" not in limit else "bash", "-c", command, sys.executable, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 track predicted" in done.stderr


def test_a_worker_that_runs_out_of_memory_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*_: object) -> None:
        raise MemoryError("Unable to allocate 6.19 MiB")

    monkeypatch.setattr("audiotag.pipeline.extract.extract", starve)
    (tmp_path / "a.mp3").write_bytes(b"sound")
    (found,) = find_audio([os.fsencode(tmp_path)], SUFFIXES)
    monkeypatch.setattr("audiotag.pipeline.extract.memory_allowed", lambda _most: 1 << 29)
    extracted = ExtractTask(FMA_ARCHIVE, DecodeLimits(5), None)(ExtractJob(found))
    assert extracted.fault is not None
    assert extracted.fault[0] == "memory"
    assert "0.5 GiB" in extracted.fault[1]
    assert "ulimit" in extracted.fault[1]
