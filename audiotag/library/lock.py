"""The lock that the one writer of a library holds."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from audiotag.errors import LibraryLockedError

_POLL_SECONDS = 0.1


def take_lock(path: Path, wait: float = 0.0) -> int:
    """Hold PATH.lock for this process; the system lets go of it however the process ends.

    Returns the descriptor that holds it. Waits up to `wait` seconds for another run to end, then
    raises LibraryLockedError. Raises OSError where the lock file cannot be made.
    """
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    end = time.monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except BlockingIOError as fault:
                if time.monotonic() >= end:
                    raise LibraryLockedError(_held(path, wait)) from fault
            time.sleep(min(_POLL_SECONDS, max(0.0, end - time.monotonic())))
    except BaseException:
        os.close(lock)
        raise


def _held(path: Path, wait: float) -> str:
    waited = f"; waited {wait:g} s" if wait else "; --wait SECONDS waits for it"
    return f"{path}: another run of audiotag holds this library{waited}"
