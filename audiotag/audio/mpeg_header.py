"""How long an MP3 file is, to the sample.

Most say it themselves, in their first frame. Without that a decoder guesses from the first frame's bit rate:
some frames too many for a constant rate, and anything for a variable one, where libsndfile stops too soon.
So their frames are counted.
"""

from __future__ import annotations

import os
import struct
from functools import cache

_LOOKED_AT = 4096
_MARKS = (b"Xing", b"Info")
_FRAMES, _BYTES = 1, 2
# Tags may lie behind the sound: lyrics, APEv2 without pictures.
_BEHIND = 0.01
_BEHIND_BYTES = 4096
_READ_BYTES = 1 << 20
# kbit/s of layer III, by the index in the header; MPEG 1, and 2 and 2.5.
_KBITS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def certain_length(descriptor: int, stated: int) -> int | None:
    """Samples that a decoder gets out of the file, by whose header there are so many; None where that is not
    certain. The descriptor stays where it is.
    """
    start = _after_tag(descriptor)
    header = _header(descriptor, start)
    if not header:
        return _counted(descriptor, start)
    return stated if _is_true(header, os.fstat(descriptor).st_size - start) else None


def says_its_length(descriptor: int) -> bool:
    """Whether there is a header that does. The descriptor stays where it is."""
    return bool(_header(descriptor, _after_tag(descriptor)))


def _header(descriptor: int, start: int) -> bytes:
    """What follows the mark of a header that says it; b"" without one."""
    head = os.pread(descriptor, _LOOKED_AT, start)
    at = min((head.find(mark) for mark in _MARKS if mark in head), default=-1)
    return head[at:] if at >= 0 else b""


def _is_true(header: bytes, there: int) -> bool:
    """Whether a file's header states its frames and its bytes, and it has these bytes: `there`."""
    if len(header) < 16:
        return False
    flags, frames, stated = struct.unpack_from(">III", header, 4)
    if flags & (_FRAMES | _BYTES) != _FRAMES | _BYTES or not frames:
        return False
    return bool(stated <= there <= _with_tags(stated))


def _with_tags(sound: int) -> int:
    return int(sound * (1 + _BEHIND)) + _BEHIND_BYTES


def _counted(descriptor: int, start: int) -> int | None:
    """The samples of all frames, which have to lie one behind the other and be of one kind."""
    size = os.fstat(descriptor).st_size
    frames, at, kind = 0, start, None
    data, base = b"", start
    while True:
        if at - base + 4 > len(data):
            data, base = os.pread(descriptor, _READ_BYTES, at), at
            if len(data) < 4:
                break
        offset = at - base
        frame = _frame(data[offset : offset + 3])
        if frame is None or at + frame[0] > size or (kind is not None and frame[1] != kind):
            break
        kind = frame[1]
        frames += 1
        at += frame[0]
    if kind is None or size > start + _with_tags(at - start):
        return None
    return frames * (1152 if kind[0] == 3 else 576)


@cache
def _frame(header: bytes) -> tuple[int, tuple[int, int]] | None:
    """Of a frame of layer III that begins so: its bytes, and what is the same in all frames of a file:
    version, rate. There are a few thousand such beginnings."""
    if len(header) < 3 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version = header[1] >> 3 & 3
    rates = _RATES.get(version)
    kbits = _KBITS[version != 3][header[2] >> 4]
    index = header[2] >> 2 & 3
    if rates is None or not kbits or index == 3:
        return None
    padding = header[2] >> 1 & 1
    samples = 144 if version == 3 else 72
    return samples * kbits * 1000 // rates[index] + padding, (version, rates[index])


def _after_tag(descriptor: int) -> int:
    """Where an ID3v2 tag ends, with which the file may begin."""
    head = os.pread(descriptor, 10, 0)
    if len(head) < 10 or not head.startswith(b"ID3"):
        return 0
    size = 0
    for byte in head[6:]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)
