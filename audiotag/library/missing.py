"""Whether a known file is gone, or only out of reach for now."""

from __future__ import annotations

import os
import stat

from audiotag.library.walk import ancestors

_OF_THE_SYSTEM = (b"lost+found", b"System Volume Information", b"$RECYCLE.BIN", b"@eaDir")


def is_missing(path: bytes) -> bool:
    """Whether there is no such file, be it that a folder has its name now; one that cannot be
    looked at may well be there."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def lowest_there(path: bytes) -> bytes | None:
    """The lowest folder above that still exists, None where that is the topmost of all."""
    for folder in ancestors(path):
        try:
            info = os.stat(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return folder
        if stat.S_ISDIR(info.st_mode):
            return folder if folder != b"/" else None
    return None


def is_bare(folder: bytes) -> bool:
    """Whether a folder has nothing in it but what a mount point without its disk may have: hidden
    names, empty files that say so, what a file system keeps for itself. One that cannot be looked
    into counts."""
    try:
        with os.scandir(folder) as entries:
            return all(_is_no_content(entry) for entry in entries)
    except OSError:
        return True


def _is_no_content(entry: os.DirEntry[bytes]) -> bool:
    if entry.name.startswith(b".") or entry.name in _OF_THE_SYSTEM:
        return True
    return entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_size == 0
