"""Where the tracks lie, as far as that can go away as a whole: roots, their top folders, disks.

A file that is gone was deleted; a disk that is not mounted only looks like that. With every scan
the library learns on which mount a root lies, and which mounts lie below it. From that, and from
what the scan found, it is told which of the files that are gone may well come back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from audiotag.library.changes import Changes
from audiotag.library.missing import is_bare, lowest_there
from audiotag.library.store import Store
from audiotag.library.walk import ancestors

_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(rb"\\([0-7]{3})")


def mount_points() -> frozenset[bytes] | None:
    """Every mount of this system, bind mounts too; None where the system does not tell."""
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return None
    return frozenset(
        _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), line.split(b" ")[4]) for line in lines
    )


@dataclass(frozen=True)
class Absence:
    """A folder whose files are gone, all together, and what that looks like, in words."""

    folder: bytes
    looks: str


class Places:
    """Of one scan of `roots`, absolute paths, and what it came upon."""

    def __init__(self, store: Store, changes: Changes, roots: Sequence[bytes]) -> None:
        self._store = store
        self._roots = frozenset(roots)
        self._has_any = changes.has_any
        self._has_known = lru_cache(1_000)(changes.has_known)
        self._mounts = mount_points()
        self._disks: dict[bytes, bytes] = dict(store.execute("SELECT path, mount FROM places"))

    def absence(self, path: bytes) -> Absence | None:
        """Why a file that is gone may come back: the outermost folder above that is absent.

        None for a file that was deleted, on its own or with an album two levels or more below a root.
        """
        for folder in reversed([path, *ancestors(path)]):
            if self._is_unplugged(folder):
                return Absence(folder, "its disk is not mounted")
            if folder != path and self._may_be_absent(folder) and not self._has_known(folder):
                return Absence(folder, "all of it is gone, as when a disk is not mounted")
        there = lowest_there(path)
        if there is not None and is_bare(there):
            return Absence(there, "it is empty, as a mount point is without its disk")
        return None

    def remember(self) -> None:
        """Take down the disks of what this scan found; those of what is still gone stay known."""
        for folder, mount in self._present():
            if self._disks.get(folder, mount) == mount or not self._lacks(folder):
                self._store.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (folder, mount))
        for folder in self._disks:
            if self._is_unplugged(folder) and self._is_in_scan(folder) and not self._lacks(folder):
                self._store.execute("DELETE FROM places WHERE path = ? AND mount = ?", (folder, folder))

    def _present(self) -> Iterator[tuple[bytes, bytes]]:
        """Roots, and mounts below them, in which this scan found something; each with its mount."""
        for root in self._roots:
            if self._mounts and self._has_any(root):
                real = os.path.realpath(root)
                yield root, next((path for path in [real, *ancestors(real)] if path in self._mounts), b"/")
        for mount in self._mounts or ():
            if self._is_in_scan(mount) and self._has_any(mount):
                yield mount, mount

    def _is_unplugged(self, folder: bytes) -> bool:
        mount = self._disks.get(folder)
        return mount is not None and self._mounts is not None and mount not in self._mounts

    def _may_be_absent(self, folder: bytes) -> bool:
        """Whether it is a root, a top folder in one, or what was a root or a mount in other scans."""
        if folder in self._roots or os.path.dirname(folder) in self._roots:
            return True
        return folder in self._disks and self._is_in_scan(folder)

    def _is_in_scan(self, folder: bytes) -> bool:
        return any(above in self._roots for above in [folder, *ancestors(folder)])

    def _lacks(self, folder: bytes) -> bool:
        """Whether any known file at or below it is missing."""
        return next(self._store.paths([folder], missing=True), None) is not None
