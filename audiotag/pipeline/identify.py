"""A file → the fingerprint of its sound, by which it is known wherever it went."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from audiotag.library.bounds import bounded, stamp
from audiotag.library.changes import Todo
from audiotag.library.walk import FoundFile
from audiotag.tags.formats.sound import fingerprint

# A disk answers some requests at once, a network many; each is a few milliseconds of waiting.
_THREADS = 4
_AHEAD = 32


@dataclass(frozen=True)
class Identified:
    """What was found of a file. steady: it is still as the walk found it."""

    todo: Todo
    steady: bool
    fingerprint: bytes | None = None


def identify(todos: Iterable[Todo]) -> Iterator[Identified]:
    """Look again at each file, in order, a few ahead of the caller.

    A file that changed since the walk (it is being written, or has gone) is not steady.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[Future[Identified]] = deque()
        try:
            for todo in todos:
                waiting.append(pool.submit(_identify_one, todo))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _identify_one(todo: Todo) -> Identified:
    sound = todo.fingerprint or fingerprint(todo.found.path)
    return Identified(todo, is_steady(todo.found), sound)


def is_young(path: bytes, seconds: float) -> bool:
    """Whether the file changed less than so many seconds ago: it may still be written.

    By the time of its last change of any kind, which nobody can set; one that lies further ahead than
    that, of another machine's clock, says nothing.
    """
    try:
        age = time.time() - os.stat(path).st_ctime
    except OSError:
        return False
    return -seconds < age < seconds


def is_steady(found: FoundFile) -> bool:
    """Whether the file is as it was when it was found."""
    try:
        info = os.stat(found.path)
    except OSError:
        # One that may not be looked at is for the decoder to fail at, with a reason.
        return os.path.lexists(found.path)
    return stamp(info) == (bounded(found.size), bounded(found.mtime_ns))
