"""Frames of MPEG audio: where in a file they stand back to back.

Each frame begins with a header of four bytes that says how long it is. One header is no proof, any
bytes look like one now and then; several that follow one another are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from audiotag.tags.formats.spans import BLOCK, read_at, size_of

_HEADER = 4
# By version (0: 2.5, 2: 2, 3: 1) the sampling rates in Hz.
_RATES = {0: (11_025, 12_000, 8_000), 2: (22_050, 24_000, 16_000), 3: (44_100, 48_000, 32_000)}
# By (is version 1, layer) the bit rates in kbit/s; number 0 is "free", which says no length.
_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_BIT_RATES = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): _LOW,
    (False, 3): _LOW,
}
# Version, layer and sampling rate: the same in all frames of a stream.
_KIND = 0xFFFE0C00


def frame_length(header: bytes) -> int:
    """The length in bytes of the frame with this header (four bytes); 0 where it is none."""
    if len(header) < _HEADER or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    number, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or number in (0, 15) or rate == 3:
        return 0
    bits = _BIT_RATES[version == 3, layer][number] * 1000
    if layer == 1:
        return (12 * bits // _RATES[version][rate] + padding) * 4
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * bits // _RATES[version][rate] + padding


def adts_length(header: bytes) -> int:
    """The length in bytes of the AAC frame with this header (seven bytes); 0 where it is none."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else 0


def loas_length(header: bytes) -> int:
    """The length in bytes of the LATM frame with this header (three bytes); 0 where it is none."""
    if len(header) < 3 or header[0] != 0x56 or header[1] & 0xE0 != 0xE0:
        return 0
    return 3 + ((header[1] & 0x1F) << 8 | header[2])


def stands_at(
    file: BinaryIO, start: int, count: int, length_of: Callable[[bytes], int] = frame_length
) -> bool:
    """Whether `count` frames follow one another from `start`, or at least two up to the end."""
    end, position, first = size_of(file), start, 0
    for i in range(count):
        header = read_at(file, position, min(7, end - position))
        length = length_of(header)
        kind = int.from_bytes(header[:4], "big") & _KIND
        if not length or (i and length_of is frame_length and kind != first):
            return False
        first = kind
        position += length
        # Behind the last whole frame there may be the beginning of another, or tags.
        if position + 7 > end:
            return i > 0
    return True


def find(file: BinaryIO, start: int, end: int, count: int) -> int | None:
    """The first place from `start` up to `end` at which `count` frames follow one another."""
    return next((at for at in _syncs(file, start, end) if stands_at(file, at, count)), None)


def _syncs(file: BinaryIO, start: int, end: int) -> Iterator[int]:
    """Every place with a valid header."""
    end = min(end, size_of(file))
    for begin in range(start, end, BLOCK):
        window = read_at(file, begin, min(BLOCK + _HEADER - 1, size_of(file) - begin))
        at = window.find(b"\xff")
        while 0 <= at < min(BLOCK, end - begin):
            if frame_length(window[at : at + _HEADER]):
                yield begin + at
            at = window.find(b"\xff", at + 1)
