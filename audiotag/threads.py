"""Threads, as many as there are to be had: a container may allow few, or no more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class Here(Executor):
    """Does all at once, in the thread that asks for it."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it; a fault is in the outcome, unless it is meant to end the program."""
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as fault:
            done.set_exception(fault)
        return done


def threads(count: int, name: str) -> Executor:
    """`count` threads that are started already, or as many as the system lets us; without any, Here.

    ThreadPoolExecutor starts them as they are needed, and fails in the midst of the work.
    """
    while count:
        pool, go, started = ThreadPoolExecutor(count, name), threading.Event(), 0
        try:
            for _ in range(count):
                pool.submit(go.wait)
                started += 1
            return pool
        except RuntimeError:  # can't start new thread
            count = started
        finally:
            go.set()
        pool.shutdown()
    return Here()
