"""Workers: everything comes back once, and one that dies takes only its own item with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

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


def test_an_exception_in_the_task_is_the_caller_s() -> None:
    with pytest.raises(ValueError, match="no 0"):
        list(run_workers(failing, [0], 1))
