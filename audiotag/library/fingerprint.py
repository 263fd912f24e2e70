"""What a file sounds like, told from a few reads: the same wherever it lies, whatever it is called.

Nothing is decoded. What tags do not touch is sampled sparsely, so that a long file on a slow
disk costs no more than a short one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import BinaryIO

# Up to this many bytes all of them are read; beyond, the head, the tail and samples between.
WHOLE = 256 << 10
_ENDS = 64 << 10
_SAMPLE = 8 << 10
_SAMPLES = 8

# A stretch of an open file: its first byte, and the first one after it.
Span = tuple[int, int]


def fingerprint_of(file: BinaryIO, kind: str, spans: Sequence[Span], salt: bytes = b"") -> bytes:
    """16 bytes that name the content of `spans`, as if they lay end to end.

    kind: what kind of file it is; salt: anything else that belongs to its identity. Two files
    that differ only between the samples get the same answer.
    """
    total = sum(end - start for start, end in spans)
    digest = hashlib.sha256(b"%s %d %s;" % (kind.encode(), total, salt))
    for position, length in _places(total):
        digest.update(_read(file, spans, position, length))
    return digest.digest()[:16]


def fingerprint_of_digest(kind: str, own: bytes) -> bytes:
    """The same from a digest of the sound that the file carries itself."""
    return hashlib.sha256(b"%s own %s;" % (kind.encode(), own)).digest()[:16]


def _places(total: int) -> list[tuple[int, int]]:
    if total <= WHOLE:
        return [(0, total)]
    inner = total - 2 * _ENDS
    between = [(_ENDS + (2 * i + 1) * (inner - _SAMPLE) // (2 * _SAMPLES), _SAMPLE) for i in range(_SAMPLES)]
    return [(0, _ENDS), *between, (total - _ENDS, _ENDS)]


def _read(file: BinaryIO, spans: Sequence[Span], position: int, length: int) -> bytes:
    """`length` bytes from `position` of the joined spans."""
    parts = []
    for start, end in spans:
        if length == 0:
            break
        if position >= end - start:
            position -= end - start
            continue
        take = min(length, end - start - position)
        file.seek(start + position, os.SEEK_SET)
        parts.append(file.read(take))
        position, length = 0, length - take
    return b"".join(parts)
