"""The program's end: the process leaves as soon as everything is done and said.

Python would take itself apart first, module by module, and the network's memory with them: a third of the
time that a library takes in which nothing has changed.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class _Leaving:
    def __init__(self) -> None:
        self.code: int | None = None

    def __call__(self) -> None:
        if self.code is None:
            return
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(self.code)


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """The program runs inside of it, before anything else is registered for its end: what is, comes first,
    and so do its threads. A fault that nobody has caught ends it as ever."""
    leaving = _Leaving()
    atexit.register(leaving)
    try:
        yield
        leaving.code = 0
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            leaving.code = ended.code or 0
        raise
