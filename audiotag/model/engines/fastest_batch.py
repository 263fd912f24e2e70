"""How many windows a GPU had best take at once: measured, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable

from audiotag.errors import EngineError

_SIZES = (32, 64, 128, 256, 512, 1024)
# Each size has to be compiled, which takes seconds, while the decoders fill the queue.
_SECONDS = 15.0
_WORTH = 1.1  # a larger batch must be so many times as fast


class NoMemoryError(EngineError):
    """The device's memory does not hold a batch."""


def fastest_batch(
    rate: Callable[[int], float], seconds: float = _SECONDS, clock: Callable[[], float] = time.monotonic
) -> int:
    """The size of batch at which larger ones bring nothing.

    rate: makes ready for a size of batch and says how many windows a second it does; raises NoMemoryError
    where it is too large. It is not asked for a further size when that would probably take longer than
    `seconds` in all. Raises NoMemoryError where there is no room for one window.
    """
    started = clock()
    best, fastest = 0, 0.0
    for size in _SIZES:
        begun = clock()
        try:
            found = rate(size)
        except NoMemoryError:
            break
        if found < _WORTH * fastest:
            break
        best, fastest = size, found
        now = clock()
        if now - started + (now - begun) > seconds:
            break
    return best or _one_that_fits(rate)


def _one_that_fits(rate: Callable[[int], float]) -> int:
    size = _SIZES[0]
    while size > 1:
        size //= 2
        try:
            rate(size)
        except NoMemoryError:
            continue
        return size
    raise NoMemoryError("the GPU's memory does not hold the network for one window")
