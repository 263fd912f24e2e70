"""A file written beside its name and put in its place: whole or not at all.

For all files of our own: reports, archives, checkpoints, backups, cards. A user's audio files
have a stricter write, tags/safewrite/write.py.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

_LINKS = 40  # as many as Linux follows in one name


@contextmanager
def atomic_write(path: Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """A binary file, open for writing and seekable, that takes the name `path` when all went well.

    What was there before stays until then, and stays after any fault. The new file has the mode
    of the one that it replaces, and its owner where the system allows that; without one, what the
    umask says; or else `mode`. A symbolic link stays, and its target is written. What cannot be
    replaced is written to directly: a pipe, a device, a descriptor such as /dev/stdout (and need
    not be seekable then). Raises OSError, naming no temporary file.
    """
    if (number := _descriptor(path)) is not None:
        with os.fdopen(os.dup(number), "wb") as file:  # it shares the place that it is written at
            yield file
        return
    target = os.path.realpath(path)
    found = _look_at(target)
    if found is not None and not stat.S_ISREG(found.st_mode):
        with open(target, "wb") as file:
            yield file
        return
    if found is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    temporary = _temporary(target)
    made = _create(temporary, 0o666 if found is None and mode is None else 0o600)
    try:
        with made as file:
            yield file
            file.flush()
            _dress(file.fileno(), found, mode)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        # After the replace there is none; before it, whatever ended us, Ctrl-C included, it goes.
        with suppress(OSError):
            os.unlink(temporary)
    sync_folder(os.path.dirname(target))


def check_writable(path: Path) -> None:
    """Raise what `atomic_write` would raise at its beginning, so that nobody works an hour for a file that
    cannot be written. Nothing is left behind; a pipe or a device is not opened."""
    if _descriptor(path) is not None:
        return
    target = os.path.realpath(path)
    found = _look_at(target)
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if found is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    if found is None or stat.S_ISREG(found.st_mode):
        temporary = _temporary(target)
        try:
            _create(temporary, 0o600).close()
        finally:
            with suppress(OSError):
                os.unlink(temporary)


@contextmanager
def atomic_text(path: Path) -> Iterator[TextIO]:
    """The same for text: UTF-8, with line ends as they are written."""
    with atomic_write(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        try:
            yield text
            text.flush()
        finally:
            text.detach()


def _descriptor(path: Path) -> int | None:
    """The open descriptor that a name like /dev/stdout or /dev/fd/63 stands for.

    What it leads to may be a plain file that the shell opened, perhaps to add to it: such a one is
    neither replaced nor cut.
    """
    own = os.path.realpath("/proc/self/fd")
    name = os.fspath(path)
    for _ in range(_LINKS):
        folder, last = os.path.split(name)
        if last.isdecimal() and os.path.realpath(folder) == own:
            return int(last)
        if not os.path.islink(name):
            return None
        name = os.path.join(folder, os.readlink(name))
    return None


def _look_at(target: str) -> os.stat_result | None:
    """None where there is nothing yet. Raises OSError for links in a circle, and as lstat() does."""
    try:
        found = os.lstat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), target)
    return found


def _temporary(target: str) -> str:
    return os.path.join(os.path.dirname(target), f".audiotag-{secrets.token_hex(8)}.part")


def _create(temporary: str, mode: int) -> BinaryIO:
    """Made by us alone, whoever else may write in that folder, and no link is followed."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return open(temporary, "w+b", opener=lambda name, _flags: os.open(name, flags, mode))
    except OSError as fault:
        raise OSError(fault.errno, fault.strerror, os.path.dirname(temporary)) from fault


def _dress(file: int, replaced: os.stat_result | None, mode: int | None) -> None:
    """Give the new file its owner and mode, as far as the system and the file system allow."""
    if replaced is not None:
        made = os.fstat(file)
        if (made.st_uid, made.st_gid) != (replaced.st_uid, replaced.st_gid):
            with suppress(OSError):
                os.fchown(file, replaced.st_uid, replaced.st_gid)
        mode = stat.S_IMODE(replaced.st_mode) if mode is None else mode
    if mode is not None:  # after the owner, since changing that clears bits
        with suppress(OSError):
            os.fchmod(file, mode)


def sync_folder(folder: str | bytes) -> None:
    """Make the new name survive a power cut. Failing that the old file would come back, whole."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
