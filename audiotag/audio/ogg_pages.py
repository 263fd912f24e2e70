"""Whether an Ogg file holds one stream alone, or several beside or behind each other."""

from __future__ import annotations

import os

_MAGIC = b"OggS"
_BEGINS = 2  # the flag of a stream's first page
_FLAGS_AT, _SERIAL_AT, _HEAD_BYTES = 5, 14, 27
# No page is longer: 255 segments of 255 bytes.
_LONGEST_PAGE = 65_307


def begins_with_several(head: bytes) -> bool:
    """Whether several streams begin at the head of an Ogg file: there may be pictures among them."""
    second = head.find(_MAGIC, len(_MAGIC))
    return len(head) > second + _FLAGS_AT > _FLAGS_AT and bool(head[second + _FLAGS_AT] & _BEGINS)


def is_one_stream(descriptor: int) -> bool:
    """Whether the last page is of the stream that the first one begins. The descriptor stays where it is."""
    size = os.fstat(descriptor).st_size
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    tail = os.pread(descriptor, 2 * _LONGEST_PAGE, max(0, size - 2 * _LONGEST_PAGE))
    last = tail.rfind(_MAGIC)
    if not head.startswith(_MAGIC) or last < 0:
        return False
    return _serial(head) == _serial(tail[last : last + _HEAD_BYTES])


def _serial(page: bytes) -> bytes:
    return page[_SERIAL_AT : _SERIAL_AT + 4]
