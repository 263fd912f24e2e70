"""Worker processes: a task and items in, results out as they are ready.

These are loky's, driven by hand: its `map`, like joblib.Parallel above it, goes on working while
nobody takes its results, which then pile up in memory. Here a few items a worker are on their way
at any time, and no more.

A worker that dies (out of memory, killed) takes down every item that the pool had in
hand. Those are tried again one at a time, so that only the item that kills its worker
even when alone is given up.

loky needs semaphores, which the system keeps in /dev/shm; where that is full or may only be read,
as in some containers, the workers of piped.py do the same without.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing import active_children
from typing import Any, Generic

from audiotag.audio.loky import BrokenProcessPool, LokyProcess, get_reusable_executor
from audiotag.audio.piped import run_piped
from audiotag.audio.worker import ONE_THREAD, Item, Pause, Result, WorkerDied, call

__all__ = ["Pause", "WorkerDied", "run_workers", "run_workers_with_pauses"]

# Items on their way, a worker: enough for a worker never to wait while the caller is busy.
_AHEAD = 4
_IDLE_SECONDS = 300
# Of loky's tracker process: that it removes semaphores which a program cut off has left.
_TRACKER_WARNINGS = "ignore:resource_tracker:UserWarning"


def run_workers(
    task: Callable[[Item], Result], items: Iterable[Item], jobs: int
) -> Generator[Result | WorkerDied[Item], None, None]:
    """Run `task` on every item in `jobs` processes of one thread each, in no fixed order.

    `task` and the items must be picklable. `items` is read in the caller's thread, as results
    are taken, so memory is bounded however many there are. Whoever stops taking results before
    the end must close the generator, which ends the workers.
    """
    with closing(run_workers_with_pauses(task, items, jobs, None)) as results:
        for result in results:
            if not isinstance(result, Pause):
                yield result


def run_workers_with_pauses(
    task: Callable[[Item], Result], items: Iterable[Item], jobs: int, patience: float | None
) -> Generator[Result | WorkerDied[Item] | Pause, None, None]:
    """The same, with a Pause whenever no result came for `patience` seconds."""
    try:
        pool = _pool(jobs)
    except OSError:  # no semaphores here
        yield from run_piped(task, items, jobs, patience)
    else:
        yield from _run_pool(pool, _Work(task, jobs, patience), iter(items))


@dataclass(frozen=True)
class _Work(Generic[Item, Result]):
    task: Callable[[Item], Result]
    jobs: int
    patience: float | None


def _run_pool(
    pool: Any, work: _Work[Item, Result], source: Iterator[Item]
) -> Generator[Result | WorkerDied[Item] | Pause, None, None]:
    waiting: dict[Any, Item] = {}
    task, jobs = work.task, work.jobs
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
            done = wait(waiting, work.patience, return_when=FIRST_COMPLETED).done if waiting else set()
            if waiting and not done:
                yield Pause()
            for future in done:
                item = waiting.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool as fault:
                    _raise_unless_died(fault)
                    lost.append(item)
                else:
                    yield result
            if lost:
                yield from _after_death(work, lost, waiting)
                pool = _pool(jobs)
    except BaseException:
        _end(pool)
        raise


_NOTHING: Any = object()


def _submit(
    pool: Any, task: Callable[[Item], Result], item: Item, waiting: dict[Any, Item], lost: list[Item]
) -> None:
    try:
        waiting[pool.submit(call, task, item)] = item
    except BrokenProcessPool as fault:  # since we last looked
        _raise_unless_died(fault)
        lost.append(item)


def _raise_unless_died(fault: BrokenProcessPool) -> None:
    """loky's pool breaks as well over what cannot be unpickled; that has a cause, and is our mistake."""
    if fault.__cause__ is not None:
        raise fault


def _after_death(
    work: _Work[Item, Result], lost: list[Item], waiting: dict[Any, Item]
) -> Iterator[Result | WorkerDied[Item] | Pause]:
    """Everything that was on its way when a worker died: results that were ready, the rest alone."""
    for future, item in waiting.items():
        fault = future.exception()  # waits: a broken pool ends every future
        if fault is None:
            yield future.result()
        elif isinstance(fault, BrokenProcessPool):
            _raise_unless_died(fault)
            lost.append(item)
        else:
            raise fault
    waiting.clear()
    for item in lost:
        try:
            future = _pool(1).submit(call, work.task, item)
        except OSError:  # no room for semaphores any more
            yield from run_piped(work.task, [item], 1, work.patience)
            continue
        while not wait([future], work.patience).done:
            yield Pause()
        try:
            result = future.result()
        except BrokenProcessPool as fault:
            _raise_unless_died(fault)
            yield WorkerDied(item)
        else:
            yield result


def _end(pool: Any) -> None:
    """Kill the workers with whatever they are doing."""
    workers = [process for process in active_children() if isinstance(process, LokyProcess)]
    hook = threading.excepthook
    # loky's own thread may stumble over items that it had not handed on yet, and would say so.
    threading.excepthook = lambda fault: None if fault.exc_type is KeyError else hook(fault)
    try:
        pool.shutdown(wait=True, kill_workers=True)
    finally:
        threading.excepthook = hook
    for worker in workers:
        if worker.is_alive():
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)


def _pool(jobs: int) -> Any:
    # loky warns, from a thread of its own, when a worker ends between items; it starts another.
    warnings.filterwarnings("ignore", message=".*worker.*(stopped|restarted).*", category=UserWarning)
    # The tracker is told as Python's -W tells it: it would speak after the program's last line.
    if _TRACKER_WARNINGS not in sys.warnoptions:
        sys.warnoptions.append(_TRACKER_WARNINGS)
    return get_reusable_executor(max_workers=jobs, timeout=_IDLE_SECONDS, env=ONE_THREAD)
