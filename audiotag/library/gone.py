"""Whether a known file is gone, or only out of reach for now."""

from __future__ import annotations

import os


def is_gone(path: bytes) -> bool:
    """Whether there is no such file; one that cannot be looked at may well be there."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def may_be_unmounted(path: bytes) -> bool:
    """Whether the lowest folder above that still exists is empty, as a mount point without its
    disk is: what is unplugged tonight is not to be forgotten."""
    folder = os.path.dirname(path)
    while folder != os.path.dirname(folder):
        try:
            with os.scandir(folder) as entries:
                return next(entries, None) is None
        except (FileNotFoundError, NotADirectoryError):  # noqa: PERF203
            folder = os.path.dirname(folder)
        except OSError:
            return True
    return False
