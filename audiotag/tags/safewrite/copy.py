"""The temporary copy beside a file: made, recognised, swept.

Its name is hidden, of one form and 30 bytes long whatever the file is called. While it is in use
it is locked, so a sweep leaves the copy of a running process alone; a crash frees the lock.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from audiotag.tags.safewrite.ownership import keep_access, keep_owner

_PREFIX, _SUFFIX = b".audiotag-", b".tmp"
_NAME = re.compile(rb"\.audiotag-[0-9a-f]{16}\.tmp")
# Without these the copy would be another file to its users; other attributes (security labels,
# say) are the system's own and follow its rules for new files where they cannot be set.
_NEEDED_ATTRIBUTES = ("user.", "system.posix_acl_")
_ACCESS_LIST = "system.posix_acl_access"


@dataclass(frozen=True)
class TemporaryCopy:
    """An open, locked copy: its path and its descriptor."""

    path: bytes
    descriptor: int


def is_temporary(name: bytes) -> bool:
    """Whether a file's name (without its folder) is that of a temporary copy."""
    return _NAME.fullmatch(name) is not None


def sweep(directory: bytes | str | Path) -> int:
    """Remove the temporary copies that a crash left in a folder; returns how many.

    Copies that a running process holds, and whatever cannot be removed, stay.
    """
    removed = 0
    folder = os.fsencode(directory)
    with suppress(OSError):
        for name in os.listdir(folder):
            if is_temporary(name) and _remove_stale(os.path.join(folder, name)):
                removed += 1
    return removed


@contextmanager
def temporary_copy(directory: bytes) -> Iterator[TemporaryCopy]:
    """An empty file in `directory` that is to be a copy, readable by us alone; removed at the end.

    Whoever renames it has taken it away, and nothing is removed. Raises OSError.
    """
    path = os.path.join(directory, _PREFIX + secrets.token_hex(8).encode() + _SUFFIX)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        with suppress(OSError):  # a file system without locks: nothing is ever swept there
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield TemporaryCopy(path, descriptor)
    finally:
        for place in (path, _renamed(path, descriptor)):
            with suppress(OSError):
                if os.path.samestat(os.lstat(place), os.fstat(descriptor)):
                    os.unlink(place)
        os.close(descriptor)


def _renamed(path: bytes, descriptor: int) -> bytes:
    """Where a copy lies whose folder somebody has renamed; never where it has taken a file's place."""
    with suppress(OSError):
        place = os.readlink(b"/proc/self/fd/%d" % descriptor)
        if os.path.basename(place) == os.path.basename(path):
            return place
    return path


def keep_attributes(source: int, target: int, *, keep_mtime: bool, change_owner: bool = False) -> None:
    """Give the file `target` owner, mode, ACLs and extended attributes of `source` (descriptors).

    change_owner: whether it may get another owner where that cannot be kept. Raises OSError or
    ValueError where one of them cannot be kept.
    """
    wanted = os.fstat(source)
    keep_owner(wanted, target, may_change=change_owner)
    # After the owner, since changing that clears bits; and only where needed, since a file system
    # whose modes are fixed refuses it.
    _drop_inherited(source, target)
    if os.fstat(target).st_mode != wanted.st_mode:
        os.fchmod(target, stat.S_IMODE(wanted.st_mode))
    _copy_extended(source, target)
    keep_access(wanted, target)
    if keep_mtime:
        os.utime(target, ns=(wanted.st_atime_ns, wanted.st_mtime_ns))


def _drop_inherited(source: int, target: int) -> None:
    """Take away the access list that the folder gave the copy, if the source has none."""
    if _ACCESS_LIST in _attributes(target) and _ACCESS_LIST not in _attributes(source):
        os.removexattr(target, _ACCESS_LIST)


def _attributes(file: int) -> list[str]:
    with suppress(OSError):  # a file system without extended attributes
        return os.listxattr(file)
    return []


def _copy_extended(source: int, target: int) -> None:
    for name in _attributes(source):
        value = os.getxattr(source, name)
        try:
            os.setxattr(target, name, value)
        except OSError:
            if name.startswith(_NEEDED_ATTRIBUTES):
                raise


def _remove_stale(path: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
