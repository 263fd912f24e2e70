"""joblib's workers: a task and items in, results out as they are ready.

These are joblib's own processes (loky), driven by hand: joblib.Parallel goes on working while
nobody takes its results, which then pile up in memory, or else waits for the slowest of a
round. Here a few items a worker are on their way at any time, and no more.

A worker that dies (out of memory, killed) takes down every item that the pool had in
hand. Those are tried again one at a time, so that only the item that kills its worker
even when alone is given up.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items on their way, a worker: enough for a worker never to wait while the caller is busy.
_AHEAD = 4
# Private memory that a worker may take; what wants more gets a MemoryError.
WORKER_MEMORY_BYTES = 2 << 30
# joblib's names for "one thread", for the libraries that ask.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
_IDLE_SECONDS = 300
# Of joblib's tracker process: that it removes semaphores which a program cut off has left.
_TRACKER_WARNINGS = "ignore:resource_tracker:UserWarning"


@dataclass(frozen=True)
class WorkerDied(Generic[Item]):
    """In place of a result: the item killed its worker though it was alone in it."""

    item: Item


def run_workers(
    task: Callable[[Item], Result], items: Iterable[Item], jobs: int
) -> Generator[Result | WorkerDied[Item], None, None]:
    """Run `task` on every item in `jobs` processes of one thread each, in no fixed order.

    `task` and the items must be picklable. `items` is read in the caller's thread, as results
    are taken, so memory is bounded however many there are. Whoever stops taking results before
    the end must close the generator, which ends the workers.
    """
    source = iter(items)
    waiting: dict[Any, Item] = {}
    pool = _pool(jobs)
    try:
        more = True
        while more or waiting:
            lost: list[Item] = []
            while more and len(waiting) < _AHEAD * jobs:
                item = next(source, _NOTHING)
                if item is _NOTHING:
                    more = False
                else:
                    _submit(pool, task, item, waiting, lost)
            for future in wait(waiting, return_when=FIRST_COMPLETED).done if waiting else ():
                item = waiting.pop(future)
                try:
                    result = future.result()
                except TerminatedWorkerError:
                    lost.append(item)
                else:
                    yield result
            if lost:
                yield from _after_death(task, lost, waiting)
                pool = _pool(jobs)
    except BaseException:
        _end(pool)
        raise


_NOTHING: Any = object()


def _submit(
    pool: Any, task: Callable[[Item], Result], item: Item, waiting: dict[Any, Item], lost: list[Item]
) -> None:
    try:
        waiting[pool.submit(_call, task, item)] = item
    except TerminatedWorkerError:  # it died since we last looked
        lost.append(item)


def _after_death(
    task: Callable[[Item], Result], lost: list[Item], waiting: dict[Any, Item]
) -> Iterator[Result | WorkerDied[Item]]:
    """Everything that was on its way when a worker died: results that were ready, the rest alone."""
    for future, item in waiting.items():
        if future.exception() is None:  # waits: a broken pool ends every future
            yield future.result()
        elif isinstance(future.exception(), TerminatedWorkerError):
            lost.append(item)
        else:
            raise future.exception()
    waiting.clear()
    for item in lost:
        try:
            yield _pool(1).submit(_call, task, item).result()
        except TerminatedWorkerError:  # noqa: PERF203
            yield WorkerDied(item)


def _end(pool: Any) -> None:
    """Kill the workers with whatever they are doing."""
    pids = [process.pid for process in (pool._processes or {}).values()]
    hook = threading.excepthook
    # loky's own thread may stumble over items that it had not handed on yet, and would say so.
    threading.excepthook = lambda fault: None if fault.exc_type is KeyError else hook(fault)
    try:
        pool.shutdown(wait=True, kill_workers=True)
    finally:
        threading.excepthook = hook
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _pool(jobs: int) -> Any:
    # loky warns, from a thread of its own, when a worker stops between items; it starts another.
    warnings.filterwarnings("ignore", message=".*worker.*stopped.*", category=UserWarning)
    # The tracker is told as Python's -W tells it: it would speak after the program's last line.
    if _TRACKER_WARNINGS not in sys.warnoptions:
        sys.warnoptions.append(_TRACKER_WARNINGS)
    return get_reusable_executor(max_workers=jobs, timeout=_IDLE_SECONDS, env=_ONE_THREAD)


def _call(task: Callable[[Item], Result], item: Item) -> Result:
    _settle(os.getppid())
    return task(item)


@cache
def _settle(parent: int) -> None:
    """Once a worker: end soon after the parent, leave Ctrl-C to it, take no more memory than allowed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = WORKER_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, WORKER_MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))

    def watch() -> None:
        # loky leaves its workers waiting for ever if the parent is killed.
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
