"""What has been touched and when it may be looked at: folders and files, until they have settled."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from audiotag.library.walk import has_suffix, is_walked, topmost
from audiotag.tags.formats.suffixes import SUFFIXES

# Of so many touched places the folders that they share are looked through instead.
MOST_PLACES = 5_000
# However long something goes on being touched, what else there is does not wait longer than this: seconds.
PATIENCE = 60.0
# What SQLite, the lock and the folder of decoded windows add to the library's name.
_LIBRARY_ENDINGS = (b"", b"-wal", b"-shm", b"-journal", b".lock", b".spool")


@dataclass
class Pending:
    """roots: the absolute paths that are watched. settle: seconds without a change after which a place may be
    looked at. library: its file, whose own coming and going is no news; empty: none. Places are absolute
    paths; what is touched while others wait joins them."""

    roots: tuple[bytes, ...]
    settle: float
    exclude: tuple[str, ...] = ()
    library: bytes = b""
    _places: set[bytes] = field(default_factory=set)
    _first: float | None = None
    _last: float = 0.0

    def touch(self, places: Iterable[bytes], now: float) -> None:
        """Something happened there. now: in seconds, of a clock that only goes forward."""
        wanted = {place for place in places if self._is_wanted(place)}
        if not wanted:
            return
        self._places |= wanted
        if len(self._places) > MOST_PLACES:
            self._places = set(self.roots)
        self._first = now if self._first is None else self._first
        self._last = now

    def due(self) -> float | None:
        """When there is something to be looked at; None: nothing is waited for."""
        if self._first is None:
            return None
        return min(self._last + self.settle, self._first + max(PATIENCE, self.settle))

    def take(self, now: float) -> list[bytes]:
        """What has settled, as paths that there are, none below another; empty before it is due."""
        due = self.due()
        if due is None or now < due:
            return []
        places, self._places, self._first = self._places, set(), None
        return list(topmost(sorted({found for place in places if (found := self._there(place))})))

    def _is_wanted(self, place: bytes) -> bool:
        """Not what a scan would pass over: hidden and excluded names, files that are no audio."""
        if not any(is_walked(place, root, self.exclude) for root in self.roots):
            return False
        if has_suffix(os.path.basename(place), SUFFIXES):
            return True
        return not os.path.isfile(place) and not self._is_library(place)

    def _is_library(self, place: bytes) -> bool:
        """Whether it is one of the library's files, which go when it is let go of: each look at what they
        leave behind would make the next one."""
        own_folder, own = os.path.split(self.library)
        names = {own + ending for ending in _LIBRARY_ENDINGS} if own else ()
        if os.path.basename(place) not in names:
            place = os.path.dirname(place)  # what lies in the folder of windows
        if os.path.basename(place) not in names:
            return False
        return os.path.realpath(os.path.dirname(place)) == os.path.realpath(own_folder)

    def _there(self, place: bytes) -> bytes | None:
        """The place itself, or the nearest folder above it that there is: what went is missed from there."""
        root = next((root for root in self.roots if _is_below(place, root)), None)
        if root is None or not os.path.exists(root):
            return None
        while not os.path.lexists(place) and place != root:
            place = os.path.dirname(place)
        return place


def _is_below(place: bytes, root: bytes) -> bool:
    return place == root or place.startswith(root.rstrip(b"/") + b"/")
