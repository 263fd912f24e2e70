"""Workers without semaphores: a pipe to each, and one item at a time in it.

For systems on which loky, and everything else of Python's, cannot make its locks: /dev/shm is full,
may only be read, or is not there at all.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic

from audiotag.audio.worker import ONE_THREAD, Item, Pause, Result, WorkerDied, call


def run_piped(
    task: Callable[[Item], Result], items: Iterable[Item], jobs: int, patience: float | None
) -> Generator[Result | WorkerDied[Item] | Pause, None, None]:
    """What workers.run_workers_with_pauses() promises."""
    pool: _Pool[Item, Result] = _Pool(task, patience)
    try:
        lost = yield from pool.run(iter(items), jobs)
        for item in lost:
            for dead in (yield from pool.run(iter([item]), 1)):
                yield WorkerDied(dead)
    finally:
        pool.close()


class _Pool(Generic[Item, Result]):
    def __init__(self, task: Callable[[Item], Result], patience: float | None) -> None:
        self._task = task
        self._patience = patience
        self._workers: dict[Connection, BaseProcess] = {}
        self._idle: list[Connection] = []

    def run(self, source: Iterator[Item], jobs: int) -> Generator[Result | Pause, None, list[Item]]:
        """The items' results; returns those whose workers died."""
        busy: dict[Connection, Item] = {}
        lost: list[Item] = []
        more = True
        while True:
            while more and len(busy) < jobs:
                item = next(source, _NOTHING)
                if item is _NOTHING:
                    more = False
                else:
                    busy[self._give(item)] = item
            if not busy:
                return lost
            ready = wait(list(busy), self._patience)
            if not ready:
                yield Pause()
            for pipe in ready:
                assert isinstance(pipe, Connection)
                item = busy.pop(pipe)
                try:
                    result, fault = pipe.recv()
                except (EOFError, OSError):
                    self._bury(pipe)
                    lost.append(item)
                    continue
                self._idle.append(pipe)
                if fault is not None:
                    raise fault
                yield result

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        for pipe in list(self._workers):
            self._bury(pipe)

    def _give(self, item: Item) -> Connection:
        while self._idle:
            pipe = self._idle.pop()
            try:
                pipe.send(item)
                return pipe
            except OSError:  # it died since its last result
                self._bury(pipe)
        pipe = self._start()
        pipe.send(item)
        return pipe

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._task), daemon=True)
        with _environment(ONE_THREAD):
            # It takes the mask along: Ctrl-C is for this process, also while that one still loads.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                process.start()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self._workers[ours] = process
        return ours

    def _bury(self, pipe: Connection) -> None:
        process = self._workers.pop(pipe)
        process.kill()
        process.join()
        pipe.close()


_NOTHING: Any = object()


def _work(pipe: Connection, task: Callable[[Any], Any]) -> None:
    """The whole life of a worker: it ends with its pipe."""
    with suppress(EOFError, OSError):
        while True:
            item = pipe.recv()
            try:
                answer: tuple[Any, Exception | None] = (call(task, item), None)
            except Exception as fault:
                answer = (None, fault)
            pipe.send(answer)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """For a process that is started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
