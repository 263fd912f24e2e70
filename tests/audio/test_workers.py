"""Workers: everything comes back once, and one that dies takes only its own item with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audiotag.audio.workers import WorkerDied, run_workers


def square(number: int) -> int:
    return number * number


def own_pid(number: int) -> int:
    return os.getpid()


def poison(number: int) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def failing(number: int) -> int:
    raise ValueError(f"no {number}")


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_item_comes_back_once(jobs: int) -> None:
    results = list(run_workers(square, range(150), jobs))
    assert sorted(map(int, results)) == [n * n for n in range(150)]  # type: ignore[arg-type]


def test_not_even_a_single_job_runs_in_this_process() -> None:
    assert os.getpid() not in list(run_workers(own_pid, range(4), 1))


def test_items_are_drawn_as_they_are_needed() -> None:
    drawn = 0

    def items() -> Iterator[int]:
        nonlocal drawn
        for number in range(10_000):
            drawn += 1
            yield number

    results = run_workers(square, items(), 2)
    next(results)
    assert drawn <= 64
    results.close()  # type: ignore[attr-defined]


def test_a_dying_worker_takes_only_its_own_item_with_it() -> None:
    results = list(run_workers(poison, range(40), 2))
    died = [result.item for result in results if isinstance(result, WorkerDied)]
    alive = [result for result in results if isinstance(result, int)]
    assert died == [13]
    assert sorted(alive) == [number for number in range(40) if number != 13]


def slow_first(number: int) -> int:
    time.sleep(3 if number == 0 else 0)
    return number


def test_nobody_waits_for_the_slowest() -> None:
    results = list(run_workers(slow_first, range(200), 2))
    assert results[-1] == 0
    assert sorted(map(int, results)) == list(range(200))  # type: ignore[arg-type]


def test_results_do_not_pile_up_while_the_caller_is_busy() -> None:
    """However fast the workers are, only so many items are on their way as were asked for."""
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for number in range(500):
            drawn.append(number)
            yield number

    results = run_workers(square, items(), 2)
    next(results)
    before = len(drawn)
    time.sleep(1)
    assert len(drawn) == before <= 16
    results.close()


def test_workers_end_with_what_they_do_when_nobody_wants_the_rest(capfd: pytest.CaptureFixture[str]) -> None:
    results = run_workers(sleepy_pid, range(40), 2)
    pid = next(results)
    assert isinstance(pid, int)
    results.close()
    for _ in range(50):
        if not os.path.exists(f"/proc/{pid}/exe"):
            break
        time.sleep(0.1)
    assert not os.path.exists(f"/proc/{pid}/exe")
    assert "Traceback" not in capfd.readouterr().err


CUT_OFF = """
import os, sys, threading, time
from joblib.externals.loky.backend import queues
import joblib.externals.loky.backend.synchronize as semaphores
from audiotag.audio.workers import run_workers

feed, unlink = queues.Queue._feed, semaphores.sem_unlink
queues.Queue._feed = staticmethod(lambda *given: [feed(*given), time.sleep(0.2)])

def unlink_slowly(name):
    unlink(name)
    time.sleep(0 if threading.current_thread().name == "MainThread" else 1)

results = run_workers(abs, range(100), 1)
next(results)
if sys.argv[1] == "with its workers":
    print("the last line", file=sys.stderr, flush=True)
    os._exit(130)
results.close()
semaphores.sem_unlink = unlink_slowly
time.sleep(0.5)
print("the last line", file=sys.stderr)
"""


@pytest.mark.parametrize("cut_off", ["with its workers", "with a thread of joblib's that tidies up"])
def test_the_program_s_last_line_is_the_last(cut_off: str, tmp_path: Path) -> None:
    """joblib's tracker process outlives it, and removes what was left without a word."""
    (tmp_path / "cut_off.py").write_text(CUT_OFF)
    done = subprocess.run(
        [sys.executable, tmp_path / "cut_off.py", cut_off],
        stderr=subprocess.PIPE,  # read until the tracker, too, has closed it
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stderr == "the last line\n"


def sleepy_pid(number: int) -> int:
    time.sleep(0.2 if number < 2 else 30)
    return os.getpid()


def test_an_exception_in_the_task_is_the_caller_s() -> None:
    with pytest.raises(ValueError, match="no 0"):
        list(run_workers(failing, [0], 1))
