"""A file's sound, as far as it takes to know the file again: by a few reads, or by all of it."""

from __future__ import annotations

from typing import BinaryIO

from audiotag.errors import TagReadError
from audiotag.library.fingerprint import fingerprint_of, fingerprint_of_digest
from audiotag.tags.formats.audiospans import find_sound
from audiotag.tags.formats.payload import sound_digest
from audiotag.tags.formats.read import AnyPath, open_regular, reading
from audiotag.tags.formats.spans import size_of


def fingerprint(path: AnyPath) -> bytes | None:
    """16 bytes that stay when the file is moved, renamed or tagged anew; None if it cannot be read.

    Where the structure is damaged it stands for the whole file, tags included.
    """
    try:
        with reading(path), open_regular(path) as file:
            return _of_the_sound(file)
    except TagReadError:
        pass
    try:
        with reading(path), open_regular(path) as file:
            return fingerprint_of(file, "file", [(0, size_of(file))])
    except TagReadError:
        return None


def common_fingerprint(path: AnyPath, old: BinaryIO, new: BinaryIO) -> bytes | None:
    """The fingerprint of a file and its copy, both open, with one sound; None where damage hides it."""
    try:
        with reading(path):
            found = {_of_the_sound(old), _of_the_sound(new)}
    except TagReadError:
        return None
    return found.pop() if len(found) == 1 else None


def is_same_sound(path: AnyPath, known: bytes | None, payload: bytes | None) -> bool:
    """Whether a file has the sound of this fingerprint and this digest; either may be unknown.

    The fingerprint of a long file samples it, so the digest decides, for which all is read; but
    a file that carries a digest of its sound (FLAC) may have been packed anew. Raises TagReadError.
    """
    if known is None:
        return payload is not None and sound_digest(path) == payload
    with reading(path), open_regular(path) as file:
        sound = find_sound(file)
        if _of_the_sound(file) != known:
            return False
    return payload is None or bool(sound.own) or sound_digest(path) == payload


def _of_the_sound(file: BinaryIO) -> bytes:
    """Raises ValueError where the structure is damaged."""
    sound = find_sound(file)
    if sound.own:
        return fingerprint_of_digest(sound.kind, sound.own)
    return fingerprint_of(file, sound.kind, sound.spans, sound.salt)
