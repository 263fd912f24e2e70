"""A file as it is to be: an open file and the changes to it, of which nothing is written yet.

A container's `write` takes one in place of a file. What stays is kept as the place where it lies in
the file, what changes as bytes: so a tag that grows moves no sound, and whoever lays the draft down
(safewrite/lay.py) knows what can be copied as it is.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from io import BytesIO as _File  # of those that are a BinaryIO the one that need not be open
else:
    from io import BufferedIOBase as _File


@dataclass(frozen=True)
class Piece:
    """`length` bytes of a draft: those of its file from `place` on, or `data` where that is None."""

    length: int
    place: int | None
    data: bytes = b""

    def part(self, start: int, end: int) -> Piece:
        """The bytes of it from `start` up to `end`."""
        if self.place is None:
            return Piece(end - start, None, self.data[start:end])
        return Piece(end - start, self.place + start)


class Draft(_File):
    """Reads and is written as a file that is open for both; the file `base` is only read."""

    def __init__(self, base: BinaryIO) -> None:
        self._base = base
        self._position = 0
        self.size = base.seek(0, os.SEEK_END)
        # Piece number i begins at _starts[i]; none is empty.
        self._pieces = [Piece(self.size, 0)] if self.size else []
        self._starts = [0] if self.size else []

    def pieces(self) -> Iterator[tuple[int, Piece]]:
        """All bytes in their order: where each piece begins, and the piece."""
        return zip(self._starts, self._pieces, strict=True)

    def origin(self, start: int, end: int) -> int | None:
        """Where the bytes from `start` up to `end` stand in the file; None where they do not, in a row."""
        first: int | None = None
        for at, piece in self._between(start, end):
            if piece.place is None or (first is not None and piece.place - first != at - start):
                return None
            first = piece.place if first is None else first
        return first

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """As of a file."""
        self._position = (
            offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        )
        return self._position

    def tell(self) -> int:
        """As of a file."""
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """As of a file."""
        end = self.size if size is None or size < 0 else min(self.size, self._position + size)
        parts = []
        for _at, piece in self._between(self._position, end):
            if piece.place is None:
                parts.append(piece.data)
            else:
                self._base.seek(piece.place)
                parts.append(self._base.read(piece.length))
        self._position = max(self._position, end)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, data: Any, /) -> int:
        """As of a file; ValueError behind its end, where a file would be filled with zeros."""
        covered = min(len(data), self.size - self._position)
        self.replace_span(self._position, covered, bytes(data))
        self._position += len(data)
        return len(data)

    def truncate(self, size: int | None = None, /) -> int:
        """As of a file, but never longer than it is."""
        end = self._position if size is None else size
        self.replace_span(end, self.size - end, b"")
        return end

    def replace_span(self, start: int, length: int, data: bytes) -> None:
        """Put `data` where `length` bytes from `start` were; what follows moves along."""
        if not 0 <= start <= start + length <= self.size:
            raise ValueError(f"{length} bytes at {start} reach over the end of the file")
        first, last = self._split(start), self._split(start + length)
        made = [Piece(len(data), None, data)] if data else []
        self._pieces[first:last] = made
        self._starts[first:last] = [start] * len(made)
        growth = len(data) - length
        if growth:
            behind = first + len(made)
            self._starts[behind:] = [at + growth for at in self._starts[behind:]]
        self.size += growth

    def _split(self, at: int) -> int:
        """The number of the piece that begins at a byte, once one does."""
        number = bisect_right(self._starts, at) - 1
        if number < 0 or at == self.size:
            return len(self._pieces) if at == self.size else 0
        inside = at - self._starts[number]
        if inside == 0:
            return number
        piece = self._pieces[number]
        self._pieces[number : number + 1] = [piece.part(0, inside), piece.part(inside, piece.length)]
        self._starts.insert(number + 1, at)
        return number + 1

    def _between(self, start: int, end: int) -> Iterator[tuple[int, Piece]]:
        """The pieces from `start` up to `end`, the first and the last cut there."""
        number = max(0, bisect_right(self._starts, start) - 1)
        while start < end and number < len(self._pieces):
            at, piece = self._starts[number], self._pieces[number]
            stop = min(end, at + piece.length)
            yield start, piece.part(start - at, stop - at)
            start, number = stop, number + 1
