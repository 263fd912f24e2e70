"""The service from top to bottom: events → what has settled → hear it → what did not settle, again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from audiotag.errors import LibraryLockedError, StoreError, in_words
from audiotag.watch.pending import Pending
from audiotag.watch.service import Service


@dataclass(frozen=True)
class WatchOptions:
    """Seconds. settle: how long a file has not changed when it is heard. poll: how often roots are looked
    through of which the system tells nothing. sweep: how often all are, in case that it forgot to tell. held:
    how long to wait before the next try when another program holds the library. trouble: the same where the
    library cannot be written (a full disk)."""

    settle: float = 10.0
    poll: float = 60.0
    sweep: float = 3_600.0
    held: float = 5.0
    trouble: float = 60.0


# Hears what is new at or below the places; returns the files that were not settled yet.
Hear = Callable[[Sequence[bytes]], Sequence[bytes]]


@dataclass
class Watch:
    """events: sets of touched places, about twice a second. polled: the roots of which they tell nothing,
    now. hear: see Hear; raises LibraryLockedError when another program writes the library, StoreError or
    OSError when it cannot go on. say: hears of the latter, once, and of its end. library: see Pending."""

    roots: tuple[bytes, ...]
    options: WatchOptions
    hear: Hear
    service: Service
    say: Callable[[str], None]
    exclude: tuple[str, ...] = ()
    library: bytes = b""
    clock: Callable[[], float] = time.monotonic
    _has_heard: bool = False
    _is_in_trouble: bool = False

    def run(self, events: Iterable[set[bytes]], polled: Callable[[], Sequence[bytes]]) -> None:
        """Go on until `events` ends, or the program is interrupted.

        Raises what `hear` does while it has never gone well: a service that cannot begin says so.
        """
        pending = Pending(self.roots, self.options.settle, self.exclude, self.library)
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
            self._again(places, pending, self.options.held)
            return
        except (StoreError, OSError) as fault:
            if not self._has_heard:
                raise
            if not self._is_in_trouble:
                line = in_words(fault) if isinstance(fault, OSError) else str(fault)
                self.say(f"{line}; trying again every {self.options.trouble:.0f} s")
            self._is_in_trouble = True
            self._again(places, pending, self.options.trouble)
            return
        if self._is_in_trouble:
            self.say("All is well again.")
        self._has_heard, self._is_in_trouble = True, False
        pending.touch(unsettled, self.clock())

    def _again(self, places: Sequence[bytes], pending: Pending, seconds: float) -> None:
        pending.touch(places, self.clock() + seconds - self.options.settle)
