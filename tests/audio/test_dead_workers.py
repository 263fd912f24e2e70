"""Workers that die at the worst of moments: with pools that are played, and with real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import Pipe
from typing import Any

import pytest

from audiotag.audio import piped, workers
from audiotag.audio.loky import BrokenProcessPool, LokyProcess
from audiotag.audio.piped import run_piped
from audiotag.audio.worker import WorkerDied


def square(number: int) -> int:
    return number * number


def own_pid(_number: int) -> int:
    return os.getpid()


def done(result: int) -> Future[int]:
    future: Future[int] = Future()
    future.set_result(result)
    return future


def failed(fault: BaseException) -> Future[int]:
    future: Future[int] = Future()
    future.set_exception(fault)
    return future


class Pool:
    """One in which every item meets its fate at once."""

    def __init__(self, fate: Callable[[int], Future[int]]) -> None:
        self._fate = fate

    def submit(self, _call: object, _task: object, item: int) -> Future[int]:
        return self._fate(item)


WORK: Any = workers._Work(square, 2, None)


class TestWhatWasOnItsWayWhenOneDied:
    def after_death(self, waiting: dict[Any, int]) -> list[object]:
        lost: list[int] = [1]
        results = list(workers._after_death(WORK, lost, waiting))
        assert waiting == {}
        return results

    def test_results_that_were_ready_count_and_the_rest_is_tried_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workers, "_pool", lambda _jobs: Pool(lambda item: done(item * item)))
        assert self.after_death({done(9): 3, failed(BrokenProcessPool()): 5}) == [9, 1, 25]

    def test_what_kills_its_worker_alone_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workers, "_pool", lambda _jobs: Pool(lambda _item: failed(BrokenProcessPool())))
        assert self.after_death({}) == [WorkerDied(1)]

    def test_a_fault_of_the_task_is_the_caller_s(self) -> None:
        with pytest.raises(ValueError, match="no 3"):
            self.after_death({failed(ValueError("no 3")): 3})

    def test_where_no_pool_can_be_made_any_more_they_go_through_pipes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_jobs: int) -> None:
            raise OSError(28, "No space left on device")

        def piped(_task: object, items: list[int], _jobs: int, _patience: object) -> list[str]:
            return [f"piped {item}" for item in items]

        monkeypatch.setattr(workers, "_pool", refuse)
        monkeypatch.setattr(workers, "run_piped", piped)
        assert self.after_death({}) == ["piped 1"]


def test_an_item_for_a_pool_that_has_broken_meanwhile_is_not_forgotten() -> None:
    def broken(_item: int) -> Future[int]:
        raise BrokenProcessPool

    lost: list[int] = []
    waiting: dict[Any, int] = {}
    workers._submit(Pool(broken), square, 7, waiting, lost)
    assert (lost, waiting) == ([7], {})


def test_a_worker_that_does_not_end_with_its_pool_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:

        class Stubborn(LokyProcess):  # type: ignore[misc,unused-ignore]
            pid = process.pid

            def __init__(self) -> None: ...

            def is_alive(self) -> bool:
                return True

            def __repr__(self) -> str:
                return "a stubborn worker"

        class Lazy:
            def shutdown(self, **_options: bool) -> None: ...

        monkeypatch.setattr(workers, "active_children", lambda: [Stubborn()])
        workers._end(Lazy())
        assert process.wait() == -signal.SIGKILL


def test_a_piped_worker_that_dies_between_two_items_costs_none() -> None:
    def items() -> Any:
        yield 1
        os.kill(first, signal.SIGKILL)
        while os.path.exists(f"/proc/{first}/exe"):
            time.sleep(0.01)
        yield 2

    results = run_piped(own_pid, items(), 1, None)
    first = next(results)
    assert isinstance(first, int)
    (second,) = results
    assert isinstance(second, int)
    assert second != first


def test_a_piped_worker_answers_until_its_pipe_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(number: int) -> int:
        if number % 2:
            raise ValueError("odd")
        return number // 2

    monkeypatch.setattr(piped, "call", lambda task, item: task(item))  # which would settle this process
    ours, theirs = Pipe()
    for item in (4, 3):
        ours.send(item)
    answers = []

    class Ending:
        """The worker's end of the pipe, which ends when all has been answered."""

        def recv(self) -> int:
            if not theirs.poll():
                raise EOFError
            return int(theirs.recv())

        def send(self, answer: tuple[int | None, Exception | None]) -> None:
            answers.append(answer)

    piped._work(Ending(), half)
    assert answers[0] == (2, None)
    assert str(answers[1][1]) == "odd"


def test_the_environment_of_workers_is_nobody_else_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with piped._environment({"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}):
        assert (os.environ["OMP_NUM_THREADS"], os.environ["MKL_NUM_THREADS"]) == ("1", "1")
    assert os.environ["OMP_NUM_THREADS"] == "8"
    assert "MKL_NUM_THREADS" not in os.environ
