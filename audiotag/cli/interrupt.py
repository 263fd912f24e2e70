"""Ctrl-C ends a scan soon, whatever the program is deep inside of."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from audiotag.cli.streams import tell
from audiotag.errors import EXIT_INTERRUPTED, InterruptedRunError

# Of the two seconds that a user is ready to wait.
_GRACE_SECONDS = 1.5


@contextmanager
def interruptible(farewell: Callable[[], str]) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into InterruptedRunError with the line that `farewell` gives.

    Python learns of a signal only between two of its own steps, and one step may be a batch that
    takes long. So a thread learns of it as well, and if the orderly end has not come in time it
    says the line and ends the process. Nothing is lost by that: results are committed as they
    come, and workers end with their parent.
    """
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(reading, True)
    said = threading.Event()
    watch = threading.Thread(target=_watch, args=(reading, said, farewell), daemon=True)
    watch.start()
    previous = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    except KeyboardInterrupt:
        said.set()
        raise InterruptedRunError(farewell()) from None
    finally:
        # After an interruption it goes on watching: ending may take long as well.
        if not said.is_set():
            signal.set_wakeup_fd(previous)
            os.close(writing)


def _watch(reading: int, said: threading.Event, farewell: Callable[[], str]) -> None:
    while number := os.read(reading, 1):
        if number[0] in (signal.SIGINT, signal.SIGTERM):
            break
    else:
        os.close(reading)
        return
    end = time.monotonic() + _GRACE_SECONDS
    if said.wait(_GRACE_SECONDS):
        time.sleep(max(0.0, end - time.monotonic()))
    else:
        tell(f"audiotag: {farewell()}")
    os._exit(EXIT_INTERRUPTED)
