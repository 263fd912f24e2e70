"""How fast files are done and how long the rest will take, in as many words as there is room for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from audiotag.cli.output import plural

# Before so many seconds a speed is chance.
_SETTLED = 0.5


@dataclass
class Pace:
    """files, size: all that there is to do, in files and bytes. clock: seconds, of no particular beginning.

    The time until the first file is done is start-up, and counts for neither speed nor time left; both
    are of all that came after it, so that they settle.
    """

    files: int
    size: int
    clock: Callable[[], float] = time.monotonic
    _done: int = 0
    _bytes: int = 0
    _seconds: float = 0.0
    _failed: int = 0
    _first: tuple[float, int, float] | None = field(default=None)

    def step(self, size: int, seconds: float, failed: int) -> None:
        """A file of `size` bytes is done. seconds, failed: of all files so far, sound and failures."""
        self._done += 1
        self._bytes += size
        self._seconds, self._failed = seconds, failed
        if self._first is None:
            self._first = (self.clock(), self._bytes, seconds)

    def words(self, room: int) -> str:
        """Files, sound, × real time, failures and time left, in at most `room` cells if that can be."""
        if self._first is None:
            return f"0/{plural(self.files, 'file')}, starting …"
        began, size, seconds = self._first
        took = self.clock() - began
        settled = took >= _SETTLED and self._bytes > size
        speed = f"{(self._seconds - seconds) / took:,.0f}×" if settled else ""
        left = f"{_clock((self.size - self._bytes) * took / (self._bytes - size))} left" if settled else ""
        count, failed = f"{self._done:,}/{self.files:,}", f"{self._failed:,} failed"
        heard = (
            f"{self._seconds / 3600:,.1f} h" if self._seconds >= 3600 else f"{self._seconds / 60:,.0f} min"
        )
        forms = (
            (f"{count} files", f"{heard} of audio", speed and f"{speed} real time", failed, left),
            (f"{count} files", heard, speed, failed, left),
            (count, heard, speed, failed, left),
            (count, speed, failed, left),
        )
        texts = [", ".join(part for part in form if part) for form in forms]
        return next((text for text in texts if len(text) <= room), texts[-1])


def _clock(seconds: float) -> str:
    """'1:05', or '2:01:05'."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
