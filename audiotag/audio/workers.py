"""joblib's workers: a task and files in, results out as they are ready.

A worker that dies (out of memory, killed) takes down every file that its pool had in
hand. Those are tried again one at a time, so that only the file that kills its worker
even when alone is given up.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Generic, TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Files handed to the pool at a time, a worker. Results of one round may wait for the
# engine; a larger round costs memory, a smaller one leaves workers idle at its end.
_ROUND_PER_JOB = 32


@dataclass(frozen=True)
class WorkerDied(Generic[Item]):
    """In place of a result: the item killed its worker though it was alone in it."""

    item: Item


def run_workers(
    task: Callable[[Item], Result], items: Iterable[Item], jobs: int
) -> Iterator[Result | WorkerDied[Item]]:
    """Run `task` on every item in `jobs` processes of one thread each, in no fixed order.

    `task` and the items must be picklable. Memory is bounded by one round of items
    however many there are; `items` is read in the caller's thread.
    """
    waiting = iter(items)
    while batch := list(islice(waiting, _ROUND_PER_JOB * jobs)):
        finished: set[int] = set()
        try:
            for index, result in _parallel(task, list(enumerate(batch)), jobs):
                finished.add(index)
                yield result
        except TerminatedWorkerError:
            for index, item in enumerate(batch):
                if index not in finished:
                    yield _alone(task, item)


def _alone(task: Callable[[Item], Result], item: Item) -> Result | WorkerDied[Item]:
    try:
        for _, result in _parallel(task, [(0, item)], 1):
            return result
    except TerminatedWorkerError:
        pass
    return WorkerDied(item)


def _parallel(
    task: Callable[[Item], Result], numbered: list[tuple[int, Item]], jobs: int
) -> Iterator[tuple[int, Result]]:
    # With n_jobs=1 joblib would run the task in this process, where Essentia must not
    # come: two workers then, of which only one ever has work.
    with parallel_config(backend="loky", inner_max_num_threads=1), warnings.catch_warnings():
        # loky warns when a worker stops between rounds; it starts another by itself.
        warnings.filterwarnings("ignore", message=".*worker.*stopped.*", category=UserWarning)
        # and joblib when it is interrupted, which we say ourselves.
        warnings.filterwarnings("ignore", message=".*have been cancelled.*", category=UserWarning)
        pool = Parallel(
            n_jobs=max(2, jobs),
            pre_dispatch=1 if jobs == 1 else 2 * jobs,
            batch_size=1,
            return_as="generator_unordered",
        )
        yield from pool(delayed(_call)(task, index, item) for index, item in numbered)


def _call(task: Callable[[Item], Result], index: int, item: Item) -> tuple[int, Result]:
    _end_with_parent(os.getppid())
    return index, task(item)


@cache
def _end_with_parent(parent: int) -> None:
    """End this worker soon after its parent: loky leaves it waiting for ever if that is killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
