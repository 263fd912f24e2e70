"""Where something happens: inotify's word where the system has one, else a look at all of it now and then."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

# Of these the kernel does not hear what other machines write.
_REMOTE = ("nfs", "cifs", "smb", "9p", "fuse", "afs", "ceph", "glusterfs", "lustre", "ncp")
_TICK_MS = 500


@dataclass
class Events:
    """Tells of touched places below `roots`. say: hears a line for people, of what is not as they may
    expect."""

    roots: Sequence[bytes]
    say: Callable[[str], None]
    polled: list[bytes] = field(default_factory=list)

    def __iter__(self) -> Iterator[set[bytes]]:
        """The places touched since the last time, absolute; an empty set about every half second.

        `polled` then has the roots of which nothing is heard: they have to be looked at instead. A root that
        goes is listened to again when it is back.
        """
        while True:
            there = {root: found for root in self.roots if (found := _mounted(root)) is not None}
            self.polled = [root for root in self.roots if is_remote(root)]
            heard = [root for root in there if root not in self.polled]
            yield {root for root in self.roots if root in there}  # whatever happened before this
            for touched in self._heard(heard):
                yield touched
                if {root: found for root in self.roots if (found := _mounted(root)) is not None} != there:
                    break  # something was unmounted, or is there again

    def _heard(self, roots: Sequence[bytes]) -> Iterator[set[bytes]]:
        import watchfiles

        try:
            changes = watchfiles.watch(
                *(os.fsdecode(root) for root in roots), watch_filter=None, debounce=1_000, step=50,
                rust_timeout=_TICK_MS, yield_on_timeout=True, ignore_permission_denied=True,
            )  # fmt: skip
            for batch in changes if roots else _ticks():
                yield {os.fsencode(path) for _change, path in batch}
        except (OSError, RuntimeError, UnicodeError) as fault:
            # It went while we began; or watchfiles came by a name that is no text, and all that happened
            # beside it is lost: everything is looked through, and listened to anew.
            if roots and (isinstance(fault, FileNotFoundError) or "decode path" in str(fault)):
                return
            self.polled = list(self.roots)
            self.say(_in_words(fault))
            for _tick in _ticks():
                yield set()


def is_remote(path: bytes) -> bool:
    """Whether the file system that a path lies on is another machine's, by the kernel's list of mounts."""
    best, kind = b"", ""
    with suppress(OSError):
        real = os.path.realpath(path)
        with open("/proc/self/mountinfo", "rb") as mounts:
            for line in mounts:
                fields = line.split(b" ")
                place = fields[4].decode("unicode_escape").encode("latin-1")
                if (real == place or real.startswith(place.rstrip(b"/") + b"/")) and len(place) >= len(best):
                    best, kind = place, fields[fields.index(b"-") + 1].decode()
    return kind.startswith(_REMOTE)


def _mounted(path: bytes) -> tuple[int, int] | None:
    """What lies there: another disk, or nothing, is another answer."""
    with suppress(OSError):
        info = os.stat(path)
        return info.st_dev, info.st_ino
    return None


def _ticks() -> Iterator[set[tuple[int, str]]]:
    import time

    while True:
        time.sleep(_TICK_MS / 1000)
        yield set()


def _in_words(fault: Exception) -> str:
    text = " ".join(str(fault).split())
    if "limit" in text.lower() or "no space" in text.lower() or getattr(fault, "errno", None) in (24, 28):
        return (
            "the system's limit of watched folders is reached: looking at all of them now and then instead; "
            "'sysctl fs.inotify.max_user_watches=1048576' raises it"
        )
    return f"the system tells of no changes ({text}): looking at all folders now and then instead"
