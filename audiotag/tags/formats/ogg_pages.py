"""Ogg pages as bytes: found among what is none, laid anew, renumbered.

https://www.rfc-editor.org/rfc/rfc3533 describes the pages. A decoder leaves out a page whose
checksum is wrong, and so it is kept wrong: every page remembers by what.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from audiotag.tags.formats.spans import BLOCK, read_at, size_of

MAGIC = b"OggS"
_HEADER = struct.Struct("<4sBBqIIIB")
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_MOST_SEGMENTS = 255
_FULL = 255
NO_GRANULE = -1
# A byte with its bits in the other order.
_SWAPPED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    """One page. start: where it lies. lacing: the length of each segment, 255 where one goes on.

    fault: its checksum's difference from what it should be, 0 for a sound page.
    """

    start: int
    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes
    body: bytes
    fault: int = 0

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + _HEADER.size + len(self.lacing) + len(self.body)

    @property
    def is_first(self) -> bool:
        """Whether a stream begins with it."""
        return bool(self.flags & _FIRST)

    @property
    def packets(self) -> list[tuple[bytes, bool]]:
        """The packets or parts of packets on it, and whether each ends here."""
        found, start, position = [], 0, 0
        for length in self.lacing:
            position += length
            if length < _FULL:
                found.append((self.body[start:position], True))
                start = position
        if self.lacing and self.lacing[-1] == _FULL:
            found.append((self.body[start:], False))
        return found

    def render(self) -> bytes:
        """The page as bytes."""
        head = (MAGIC, 0, self.flags, self.granule, self.serial, self.sequence)
        rest = self.lacing + self.body
        whole = _HEADER.pack(*head, 0, len(self.lacing)) + rest
        return _HEADER.pack(*head, _checksum(whole) ^ self.fault, len(self.lacing)) + rest


@dataclass(frozen=True)
class Gap:
    """Bytes that belong to no page."""

    start: int
    end: int


def scan(file: BinaryIO) -> Iterator[Page | Gap]:
    """All pages from the beginning of the file, and what lies between and behind them.

    A page with a wrong checksum counts as one where the next follows it at once.
    """
    position, end = 0, size_of(file)
    while position < end:
        page = page_at(file, position)
        if page is None:
            following = _next_page(file, position + 1, end)
            yield Gap(position, following)
            position = following
        else:
            yield page
            position = page.end


def pages(file: BinaryIO) -> Iterator[Page]:
    """The pages alone."""
    return (found for found in scan(file) if isinstance(found, Page))


def page_at(file: BinaryIO, start: int) -> Page | None:
    """The page that begins there; None where there is no whole one."""
    file.seek(start)
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size or not head.startswith(MAGIC) or head[4]:
        return None
    _magic, _version, flags, granule, serial, sequence, checksum, count = _HEADER.unpack(head)
    lacing = file.read(count)
    body = file.read(sum(lacing))
    if len(lacing) < count or len(body) < sum(lacing):
        return None
    page = Page(start, flags, granule, serial, sequence, lacing, body)
    fault = checksum ^ _checksum(head[:22] + bytes(4) + head[26:] + lacing + body)
    if fault and file.read(4) not in (MAGIC, b""):
        return None
    return replace(page, fault=fault)


def last_page(file: BinaryIO, serial: int) -> Page | None:
    """The last sound page of a stream that says where in time it ends."""
    end = size_of(file)
    overlap = len(MAGIC) - 1
    while True:
        start = max(0, end - BLOCK)
        window = read_at(file, start, end - start)
        at = len(window)
        while (at := window.rfind(MAGIC, 0, at + overlap if at < len(window) else at)) >= 0:
            page = page_at(file, start + at)
            if page and not page.fault and page.serial == serial and page.granule != NO_GRANULE:
                return page
        if start == 0:
            return None
        end = start + overlap


def renumber(file: BinaryIO, start: int, serial: int, growth: int) -> None:
    """Add `growth` to the numbers of a stream's pages from `start` on, up to another that begins."""
    position, end = start, size_of(file)
    while position < end:
        page = page_at(file, position)
        if page is None:
            position = _next_page(file, position + 1, end)
            continue
        if page.serial == serial:
            if page.is_first:
                return
            file.seek(position)
            file.write(replace(page, sequence=(page.sequence + growth) & 0xFFFFFFFF).render())
        position = page.end


def with_first_packet(old: Sequence[Page], packet: bytes) -> list[Page]:
    """Pages of one stream with another first packet, and the rest of what is on them.

    There are as many of them as before if that is enough, so that those behind keep their numbers.
    """
    lacing = b"".join(page.lacing for page in old)
    body = b"".join(page.body for page in old)
    ends = next((i + 1 for i, length in enumerate(lacing) if length < _FULL), len(lacing))
    rest = lacing[ends:]
    new = bytes([_FULL] * (len(packet) // _FULL) + [len(packet) % _FULL]) + rest
    body = packet + body[sum(lacing[:ends]) :]
    made, segment, position = [], 0, 0
    for number, count in enumerate(_counts([len(page.lacing) for page in old], len(new))):
        model = old[min(number, len(old) - 1)]
        its_lacing = new[segment : segment + count]
        length = sum(its_lacing)
        flags = model.flags & ~(_CONTINUED | _LAST)
        is_continued = model.flags & _CONTINUED if number == 0 else segment and new[segment - 1] == _FULL
        flags |= _CONTINUED if is_continued else 0
        flags |= old[-1].flags & _LAST if segment + count == len(new) else 0
        page = Page(
            model.start, flags, _granule(model, its_lacing), model.serial,
            (old[0].sequence + number if number >= len(old) else model.sequence) & 0xFFFFFFFF,
            its_lacing, body[position : position + length],
        )  # fmt: skip
        made.append(page)
        segment, position = segment + count, position + length
    return made


def _counts(old: list[int], total: int) -> list[int]:
    """How many segments lie on each page: as before, what is new on the last that have room."""
    counts = old[: max(1, min(len(old), total))]
    while len(counts) * _MOST_SEGMENTS < total:
        counts.append(0)
    surplus = total - sum(counts)
    for at in reversed(range(len(counts))):
        after = min(_MOST_SEGMENTS, max(1, counts[at] + surplus))
        surplus -= after - counts[at]
        counts[at] = after
    return counts


def _granule(model: Page, lacing: bytes) -> int:
    """Headers end at no time at all; a page on which no packet ends has none to say."""
    if min(lacing, default=_FULL) == _FULL:
        return NO_GRANULE
    return 0 if model.granule == NO_GRANULE else model.granule


def _next_page(file: BinaryIO, start: int, end: int) -> int:
    """Where the next page begins, `end` if none does."""
    position = start
    while position + len(MAGIC) <= end:
        window = read_at(file, position, min(BLOCK, end - position))
        at = window.find(MAGIC)
        while at >= 0:
            if page_at(file, position + at) is not None:
                return position + at
            at = window.find(MAGIC, at + 1)
        position += max(1, len(window) - len(MAGIC) + 1)
    return end


def _checksum(data: bytes) -> int:
    """Ogg's CRC-32, which takes the bits of a byte in the other order than zlib's."""
    value = zlib.crc32(data.translate(_SWAPPED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(value.to_bytes(4, "big").translate(_SWAPPED), "little")
