"""What gives a file's bytes back after its tags were written: the journal's memory of a write.

A delta says where the old file can be found in the new one and holds only the bytes that cannot;
so it stays small even where a picture has moved. It is bound to both files by their SHA-256: it is
applied to that very new file, and what comes out is that very old file, or it is not applied.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import BinaryIO

from audiotag.tags.spans import BLOCK, hash_span, read_at, replace_span, size_of

# Between its first and its last change a file may have this many bytes; beyond that it is undone
# by its values alone.
MOST_BYTES = 32 << 20
_PROBE, _STEP, _WINDOW, _REACH = 64, 512, 1 << 20, 1 << 16
_HEAD = struct.Struct("<32s32sQQ")
_PART = struct.Struct("<QQ")
_LITERAL = (1 << 64) - 1


def make(old: BinaryIO, new: BinaryIO) -> bytes | None:
    """The delta from `new` back to `old`; None where they differ over too long a span."""
    shorter = min(size_of(old), size_of(new))
    start = _common_start(old, new, shorter)
    end = _common_end(old, new, shorter - start)
    lengths = [size_of(file) - start - end for file in (old, new)]
    if max(lengths) > MOST_BYTES:
        return None
    parts = _parts(read_at(old, start, lengths[0]), read_at(new, start, lengths[1]))
    return _HEAD.pack(_digest(old), _digest(new), start, lengths[1]) + zlib.compress(parts)


def apply(file: BinaryIO, delta: bytes) -> bool:
    """Make an open file what it was before; False, and nothing is written, if it is another by now.

    Raises ValueError where what comes out is not the old file: it is half written then.
    """
    old_digest, new_digest, start, length = _HEAD.unpack_from(delta)
    if _digest(file) != new_digest:
        return False
    parts, new = zlib.decompress(delta[_HEAD.size :]), read_at(file, start, length)
    pieces, position = [], 0
    while position < len(parts):
        place, size = _PART.unpack_from(parts, position)
        position += _PART.size
        if place == _LITERAL:
            pieces.append(parts[position : position + size])
            position += size
        else:
            pieces.append(new[place : place + size])
    replace_span(file, start, length, b"".join(pieces))
    file.flush()
    if _digest(file) != old_digest:
        raise ValueError("what the journal gives back is not the file that was")
    return True


def fits(file: BinaryIO, delta: bytes) -> bool:
    """Whether an open file is the very one that a delta takes back."""
    return _digest(file) == bytes(_HEAD.unpack_from(delta)[1])


def _parts(old: bytes, new: bytes) -> bytes:
    """`old` as copies from `new`, in the order in which they stand there, and literal bytes."""
    parts = bytearray()
    done = probe = passed = 0
    while probe + _PROBE <= len(old):
        found = new.find(old[probe : probe + _PROBE], passed, passed + _WINDOW)
        if found < 0:
            probe += _STEP
            continue
        behind = min(probe - done, found - passed, _REACH)
        back = _alike(old[probe - behind : probe][::-1], new[found - behind : found][::-1])
        length = back + _alike(old[probe : probe + _REACH], new[found : found + _REACH])
        first = probe - back
        parts += _literal(old[done:first]) + _PART.pack(found - back, length)
        done = probe = first + length
        passed = found - back + length
    return bytes(parts + _literal(old[done:]))


def _literal(data: bytes) -> bytes:
    return _PART.pack(_LITERAL, len(data)) + data if data else b""


def _common_start(one: BinaryIO, other: BinaryIO, most: int) -> int:
    length = 0
    while length < most:
        size = min(BLOCK, most - length)
        same = _alike(read_at(one, length, size), read_at(other, length, size))
        length += same
        if same < size:
            break
    return length


def _common_end(one: BinaryIO, other: BinaryIO, most: int) -> int:
    length = 0
    while length < most:
        size = min(BLOCK, most - length)
        ends = [read_at(file, size_of(file) - length - size, size)[::-1] for file in (one, other)]
        same = _alike(*ends)
        length += same
        if same < size:
            break
    return length


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes the two begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def _digest(file: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    hash_span(file, 0, size_of(file), digest)
    return digest.digest()
