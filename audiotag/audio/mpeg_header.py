"""Whether an MP3 file says how long it is, and is that long.

Without such a header a decoder guesses from the first frame's bit rate; the guess is some frames too long for
a constant rate, and means nothing for a variable one.
"""

from __future__ import annotations

import os
import struct

_LOOKED_AT = 4096
_MARKS = (b"Xing", b"Info")
_FRAMES, _BYTES = 1, 2
# Tags may lie behind the sound: lyrics, APEv2 without pictures.
_BEHIND = 0.01
_BEHIND_BYTES = 4096


def length_is_certain(descriptor: int) -> bool:
    """Whether it states its frames and its bytes, and has these bytes. The descriptor stays where it is."""
    start = _after_tag(descriptor)
    head = os.pread(descriptor, _LOOKED_AT, start)
    at = min((head.find(mark) for mark in _MARKS if mark in head), default=-1)
    if at < 0 or len(head) < at + 16:
        return False
    flags, frames, stated = struct.unpack_from(">III", head, at + 4)
    if flags & (_FRAMES | _BYTES) != _FRAMES | _BYTES or not frames:
        return False
    there = os.fstat(descriptor).st_size - start
    return bool(stated <= there <= stated * (1 + _BEHIND) + _BEHIND_BYTES)


def _after_tag(descriptor: int) -> int:
    """Where an ID3v2 tag ends, with which the file may begin."""
    head = os.pread(descriptor, 10, 0)
    if len(head) < 10 or not head.startswith(b"ID3"):
        return 0
    size = 0
    for byte in head[6:]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)
