"""Whether a disk has room."""

from __future__ import annotations

import os
from pathlib import Path

# With less than this free no file of ours can grow.
_NO_ROOM = 1 << 20


def is_full(path: Path) -> bool:
    """Whether there is no room for bytes or for names where `path` is, or would be."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    # Some file systems do not count names, and state 0 of 0.
    return found.f_bavail * found.f_frsize < _NO_ROOM or (found.f_files > 0 and found.f_favail == 0)
