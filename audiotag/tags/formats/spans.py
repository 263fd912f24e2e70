"""Spans of bytes in an open file: read them, hash them, exchange one for another.

Positions and lengths are bytes. Nothing here needs more memory than the bytes asked for.
"""

from __future__ import annotations

import hashlib
import os
from typing import BinaryIO, Protocol

from audiotag.tags.formats.draft import Draft
from audiotag.tags.formats.recipe import Recipe

BLOCK = 1 << 20
# What is read only to be passed on: larger ones leave the processor's cache before they are used.
CHUNK = 1 << 18


class Digest(Protocol):
    """The part of a hashlib object that is used here."""

    def update(self, data: bytes, /) -> None: ...


def size_of(file: BinaryIO) -> int:
    """The file's length; the position moves to its end."""
    return file.seek(0, os.SEEK_END)


def read_at(file: BinaryIO, start: int, length: int) -> bytes:
    """Exactly `length` bytes from `start`; ValueError where the file has no such span."""
    if start < 0 or length < 0 or start + length > size_of(file):
        raise ValueError(f"{length} bytes at {start} reach over the end of the file")
    file.seek(start)
    return file.read(length)


def hash_span(file: BinaryIO, start: int, end: int, digest: Digest) -> None:
    """Feed the bytes from `start` up to `end` to `digest`, a block at a time; a recipe is told the places."""
    if not 0 <= start <= end <= size_of(file):
        raise ValueError(f"bytes {start} to {end} reach over the end of the file")
    if isinstance(digest, Recipe):
        digest.span(start, end)
        return
    file.seek(start)
    remaining = end - start
    while remaining:
        block = file.read(min(CHUNK, remaining))
        if not block:
            raise ValueError("the file became shorter while it was read")
        digest.update(block)
        remaining -= len(block)


def digest_of(file: BinaryIO, start: int, end: int) -> bytes:
    """SHA-256 of the bytes from `start` up to `end`."""
    digest = hashlib.sha256()
    hash_span(file, start, end, digest)
    return digest.digest()


def replace_span(file: BinaryIO, start: int, length: int, data: bytes) -> None:
    """Put `data` where `length` bytes from `start` were; what follows moves along."""
    if isinstance(file, Draft):
        file.replace_span(start, length, data)
        return
    old_end, new_end = start + length, start + len(data)
    if old_end != new_end:
        _move_tail(file, old_end, new_end)
    file.seek(start)
    file.write(data)


def _move_tail(file: BinaryIO, old: int, new: int) -> None:
    """Move everything from `old` to the end of the file so that it begins at `new`."""
    length = size_of(file) - old
    offsets = range(0, length, BLOCK)
    # Towards the end the last block goes first, or it would be overwritten before it is read.
    for offset in reversed(offsets) if new > old else offsets:
        file.seek(old + offset)
        block = file.read(min(BLOCK, length - offset))
        file.seek(new + offset)
        file.write(block)
    file.truncate(new + length)


def padding_after(padding: int, growth: int) -> int:
    """How much of `padding` is left when the tag before it grows by `growth` (may be negative).

    Padding takes up a change where it can, so that the audio keeps its place. Where there is
    none, or too little, it stays as it is. At least one byte is left, so that a later write of
    the old value finds padding again and gives back the very same file.
    """
    return padding - growth if padding > 0 and padding > growth else padding
