"""The service from top to bottom: events → what has settled → hear it → what did not settle, again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from audiotag.errors import LibraryLockedError
from audiotag.watch.pending import Pending
from audiotag.watch.service import Service


@dataclass(frozen=True)
class WatchOptions:
    """Seconds. settle: how long a file has not changed when it is heard. poll: how often roots are looked
    through of which the system tells nothing. sweep: how often all are, in case that it forgot to tell. held:
    how long to wait before the next try when another program holds the library."""

    settle: float = 10.0
    poll: float = 60.0
    sweep: float = 3_600.0
    held: float = 5.0


# Hears what is new at or below the places; returns the files that were not settled yet.
Hear = Callable[[Sequence[bytes]], Sequence[bytes]]


@dataclass
class Watch:
    """events: sets of touched places, about twice a second. polled: the roots of which they tell nothing,
    now. hear: see Hear; raises LibraryLockedError when another program writes the library."""

    roots: tuple[bytes, ...]
    options: WatchOptions
    hear: Hear
    service: Service
    exclude: tuple[str, ...] = ()
    clock: Callable[[], float] = time.monotonic

    def run(self, events: Iterable[set[bytes]], polled: Callable[[], Sequence[bytes]]) -> None:
        """Go on until `events` ends, or the program is interrupted."""
        pending = Pending(self.roots, self.options.settle, self.exclude)
        polled_at = swept_at = self.clock()
        is_ready = False
        for touched in events:
            now = self.clock()
            pending.touch(touched, now)
            if now - polled_at >= self.options.poll:
                pending.touch(polled(), now)
                polled_at = now
            if now - swept_at >= self.options.sweep:
                pending.touch(self.roots, now)
                swept_at = now
            if not is_ready:  # the folders are being listened to
                self.service.ready()
                is_ready = True
            self.service.alive()
            places = pending.take(now)
            if places:
                self._hear(places, pending)

    def _hear(self, places: Sequence[bytes], pending: Pending) -> None:
        try:
            unsettled = self.hear(places)
        except LibraryLockedError:
            # Someone else's turn; nothing is forgotten meanwhile.
            pending.touch(places, self.clock() + self.options.held - self.options.settle)
            return
        pending.touch(unsettled, self.clock())
