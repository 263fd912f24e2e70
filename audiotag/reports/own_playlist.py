"""Playlists that audiotag may write anew and remove: those that it wrote itself, and nobody has edited since.

The second line says so, with a digest of all other lines:

    #EXTM3U
    # audiotag: genre playlist, sha256 0123456789abcdef0123456789abcdef
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

from audiotag.atomic import atomic_write

# none: there is no such file. foreign: it is somebody else's, or no plain file at all.
Owner = Literal["none", "own", "edited", "foreign"]
Result = TypeVar("Result")

_FIRST = b"#EXTM3U\n"
_MARK = b"# audiotag: genre playlist, sha256 "
_DIGITS = 32
# What is larger than this is written to the disk while it is put together.
_IN_MEMORY = 1 << 23
_BLOCK = 1 << 20


def write_own(path: Path, write: Callable[[BinaryIO], Result]) -> tuple[Owner, bool, Result]:
    """Let a playlist be what `write` writes, which begins with #EXTM3U, if it may: whole or not at all.

    Returns whose the file is that lies there now; whether it was written, which it is neither where it is as
    it should be, nor where it is edited or foreign; and what `write` returned. Raises OSError.
    """
    owner, digest = _look_at(path)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as made:
        result = write(made)  # type: ignore[arg-type]
        made.seek(0)
        new = _digest_of(made)  # type: ignore[arg-type]
        if owner in ("edited", "foreign") or (owner == "own" and digest == new):
            return owner, False, result
        made.seek(len(_FIRST))
        with atomic_write(path) as file:
            file.write(_FIRST + _MARK + new + b"\n")
            shutil.copyfileobj(made, file, _BLOCK)
    return "own", True, result


def owner_of(path: Path) -> Owner:
    """Whose a file is. Raises OSError."""
    return _look_at(path)[0]


def _look_at(path: Path) -> tuple[Owner, bytes]:
    """Whose it is, and the digest that it states if it is ours."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return "none", b""
    if not stat.S_ISREG(found.st_mode):
        return "foreign", b""  # a link, too, is somebody's own doing
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        return "foreign", b""  # what we may not even read is not ours to replace
    with open(descriptor, "rb") as file:
        head = file.read(len(_FIRST) + len(_MARK) + _DIGITS + 1)
        mark = head[len(_FIRST) :]
        if not (head.startswith(_FIRST) and mark.startswith(_MARK)):
            return "foreign", b""
        stated = mark[len(_MARK) : -1]
        is_whole = mark.endswith(b"\n") and _digest_of(file, _FIRST) == stated
        return ("own" if is_whole else "edited"), stated


def _digest_of(file: BinaryIO, before: bytes = b"") -> bytes:
    digest = hashlib.sha256(before)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()[:_DIGITS].encode()
