"""A worker process from the inside, and what may come back of it instead of a result."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from audiotag.audio.limits import limit_memory

Item = TypeVar("Item")
Result = TypeVar("Result")

# Private memory that a worker may take; what wants more gets a MemoryError.
WORKER_MEMORY_BYTES = 2 << 30
# "One thread", to the libraries that ask.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


@dataclass(frozen=True)
class WorkerDied(Generic[Item]):
    """In place of a result: the item killed its worker though it was alone in it."""

    item: Item


@dataclass(frozen=True)
class Pause:
    """In place of a result: for a while there was none, though items are being worked on."""


def call(task: Callable[[Item], Result], item: Item) -> Result:
    """In a worker: the task's answer."""
    _settle(os.getppid())
    return task(item)


@cache
def _settle(parent: int) -> None:
    """Once a worker: end soon after the parent, leave Ctrl-C to it, take no more memory than allowed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(WORKER_MEMORY_BYTES, for_good=False)

    def watch() -> None:
        # loky leaves its workers waiting for ever if the parent is killed.
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
