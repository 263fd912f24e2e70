"""Workers: everything comes back once, and one that dies takes only its own item with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path

import pytest

from audiotag.audio.workers import Pause, WorkerDied, run_workers, run_workers_with_pauses


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


def slow(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@pytest.fixture(params=["with semaphores", pytest.param("without", marks=pytest.mark.slow)])
def _semaphores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both kinds of workers, loky's and those for systems on which it cannot run."""
    if request.param == "without":

        def refuse(**_: object) -> None:
            raise OSError(30, "Read-only file system")

        monkeypatch.setattr("audiotag.audio.workers.get_reusable_executor", refuse)


pytestmark = pytest.mark.usefixtures("_semaphores")


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_item_comes_back_once(jobs: int) -> None:
    results = list(run_workers(square, range(150), jobs))
    assert sorted(map(int, results)) == [n * n for n in range(150)]


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
    results.close()


def test_a_dying_worker_takes_only_its_own_item_with_it() -> None:
    results = list(run_workers(poison, range(40), 2))
    died = [result.item for result in results if isinstance(result, WorkerDied)]
    alive = [result for result in results if isinstance(result, int)]
    assert died == [13]
    assert sorted(alive) == [number for number in range(40) if number != 13]


def slow_first(number: int) -> int:
    time.sleep(3 if number == 0 else 0)
    return number


def test_the_caller_hears_when_there_is_nothing_for_a_while() -> None:
    with closing(run_workers_with_pauses(slow, [0.0, 2.0], 2, 0.3)) as results:
        told = list(results)
    after = told[told.index(0.0) :]
    assert Pause() in after[: after.index(2.0)]


def test_also_while_those_are_tried_again_that_were_there_when_one_died() -> None:
    told = list(run_workers_with_pauses(slow_or_deadly, [2, -1], 2, 0.3))
    assert {result for result in told if isinstance(result, int)} == {2}
    assert WorkerDied(-1) in told
    assert Pause() in told


def slow_or_deadly(number: int) -> int:
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(number)
    return number


def test_nobody_waits_for_the_slowest() -> None:
    results = list(run_workers(slow_first, range(200), 2))
    assert results[-1] == 0
    assert sorted(map(int, results)) == list(range(200))


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
from loky.backend import queues
import loky.backend.synchronize as semaphores
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


@pytest.mark.parametrize("cut_off", ["with its workers", "with a thread of loky's that tidies up"])
def test_the_program_s_last_line_is_the_last(cut_off: str, tmp_path: Path) -> None:
    """loky's tracker process outlives it, and removes what was left without a word."""
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


class Unreadable:
    """A result that can be sent, but not be received."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        return int, ("no number",)


def unreadable(number: int) -> Unreadable:
    return Unreadable()


def test_a_result_that_cannot_be_received_is_no_dead_worker() -> None:
    with pytest.raises((BrokenProcessPool, ValueError), match=r"un-serialize|no number"):
        list(run_workers(unreadable, [0], 1))


NO_SEMAPHORES = """
import sys
from audiotag.audio.workers import WorkerDied, run_workers
from tests.audio.test_workers import poison, square

assert sorted(run_workers(square, range(20), 2)) == [n * n for n in range(20)]
assert WorkerDied(13) in run_workers(poison, [12, 13], 2)
print("done")
"""


@pytest.mark.parametrize("state", ["ro", "size=4k"])
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount another /dev/shm")
def test_a_dev_shm_that_is_read_only_or_full(state: str) -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace of our own here")
    fill = "" if state == "ro" else "head -c 4096 /dev/zero > /dev/shm/full; "
    command = f'mount -t tmpfs -o {state} none /dev/shm && {{ {fill}exec "$0" -c "$1"; }}'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", command, sys.executable, NO_SEMAPHORES],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
