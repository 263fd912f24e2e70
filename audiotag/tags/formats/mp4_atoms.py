"""MP4 atoms where they lie in the file, and the numbers in them that are places in the file.

Bytes put into one atom move all that follows it, and these numbers have to move along: chunk
tables, fragments' headers, the indexes of fragments (mfra, sidx) and the places of what a decoder
needs for encrypted audio (saio). ISO/IEC 14496-12 describes the atoms ("boxes").
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from audiotag.tags.formats.spans import Digest, hash_span, read_at, size_of

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mfra"})
_HAS_BASE_OFFSET, _HAS_AUX_TYPE = 0x1, 0x1
_SAMPLE = 32
# A fragmented file has two for every few seconds.
_MOST_ATOMS = 100_000


@dataclass(frozen=True)
class Atom:
    """One atom: it lies from `start` up to `end`, its content begins at `content`.

    is_cut: it says that it reaches further than the file does.
    """

    name: bytes
    start: int
    content: int
    end: int
    is_cut: bool = False


@dataclass(frozen=True)
class Places:
    """Numbers of `width` bytes one after the other at byte `at`: the bytes of the file they name.

    They are stored as their distance from `anchor`, 0 for the beginning of the file. is_index: a
    help for seeking, which other programs leave wrong when they write tags.
    """

    at: int
    width: int
    values: tuple[int, ...]
    anchor: int = 0
    is_index: bool = False

    @property
    def end(self) -> int:
        """Where the numbers end."""
        return self.at + self.width * len(self.values)


def top_atoms(file: BinaryIO) -> list[Atom]:
    """The atoms of the whole file.

    What ends the file is the last of them even where it is cut off, as a stopped download is, or
    where it is no atom at all, as an ID3v1 block is not. ValueError where the moov atom is cut.
    """
    found: list[Atom] = []
    position, end = 0, size_of(file)
    while position + 8 <= end:
        if len(found) == _MOST_ATOMS:
            raise ValueError("more MP4 atoms in it than an audio file can have")
        atom = _atom_at(file, position, end)
        if atom.is_cut and atom.name in (b"moov", b"ftyp"):
            raise ValueError(f"its MP4 {atom.name.decode()} atom is cut off")
        found.append(atom)
        position = atom.end
    return found


def moov_of(file: BinaryIO) -> Atom:
    """The atom that holds all but the audio; ValueError where there is none."""
    moov = next((atom for atom in top_atoms(file) if atom.name == b"moov"), None)
    if moov is None:
        raise ValueError("an MP4 file without its moov atom, perhaps a download that stopped")
    return moov


def places(file: BinaryIO) -> Iterator[Places]:
    """All numbers that name a byte of the file, in the order of the file."""
    waiting = [(atom, atom.name) for atom in reversed(top_atoms(file))]
    while waiting:
        atom, top = waiting.pop()
        if atom.name == b"saio" and top != b"moov":
            continue  # in a fragment it counts from there
        if atom.name in _FINDERS:
            try:
                yield from _FINDERS[atom.name](file, atom)
            except (struct.error, ValueError) as error:
                raise ValueError(f"its MP4 atom {atom.name.decode()} is damaged") from error
        elif atom.name in _CONTAINERS and not atom.is_cut:
            waiting += [(child, top) for child in reversed(_children(file, atom))]


def put_places(file: BinaryIO, found: list[Places], moved: Callable[[int], int]) -> None:
    """Write places that were found before a change anew; `moved` says where each byte is now."""
    if any(atom.name == b"meta" and _has_items(file, atom) for atom in top_atoms(file)):
        raise ValueError("its items (iloc) lie at places that would move; it is not written")
    for old in found:
        try:
            anchor = moved(old.anchor) if old.anchor else 0
            numbers = [moved(value) - anchor for value in old.values]
        except ValueError:
            if not old.is_index:
                raise
            continue  # it was wrong, and stays so
        if not all(0 <= number < 1 << 8 * old.width for number in numbers):
            raise ValueError("its audio would lie further back than its MP4 chunk table can say")
        file.seek(moved(old.at))
        file.write(b"".join(number.to_bytes(old.width, "big") for number in numbers))


def within(found: list[Places], start: int, end: int) -> list[Places]:
    """Those of the places, in the order of the file, that lie from `start` up to `end`."""
    first, last = (bisect_left(found, edge, key=lambda place: place.at) for edge in (start, end))
    return found[first:last]


def hash_masked(file: BinaryIO, start: int, end: int, found: list[Places], digest: Digest) -> None:
    """Feed the bytes from `start` up to `end` to `digest`, without the places among them."""
    position = start
    for place in within(found, start, end):
        hash_span(file, position, place.at, digest)
        position = place.end
    hash_span(file, position, end, digest)


class Map:
    """Says in which atom of the file a byte lies and how far in, which stays when atoms move."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._atoms = top_atoms(file)
        self._starts = [atom.start for atom in self._atoms]

    def place_of(self, offset: int, *, is_index: bool) -> bytes:
        """What tells the byte's place; in the moov atom, whose inside moves, what stands there.

        ValueError where audio cannot be; of an index that points there nothing is told.
        """
        number = max(bisect_right(self._starts, offset) - 1, 0)
        atom = self._atoms[number]
        in_moov = atom.name == b"moov" and offset < atom.end
        is_nowhere = (atom.name == b"ftyp" and offset > 0) or (offset > atom.end and not atom.is_cut)
        if is_index and (in_moov or is_nowhere):
            return b"nowhere"
        if is_nowhere:
            raise ValueError("its MP4 chunk table points outside the audio")
        if in_moov:
            return read_at(self._file, offset, min(_SAMPLE, atom.end - offset))
        return b"%d+%d" % (number, offset - atom.start)


def _atom_at(file: BinaryIO, position: int, end: int) -> Atom:
    size, name = struct.unpack(">I4s", read_at(file, position, 8))
    content = position + 8
    if size == 1 and content + 8 <= end:
        (size,) = struct.unpack(">Q", read_at(file, content, 8))
        content += 8
    elif size == 0:
        size = end - position
    if not content - position <= size <= end - position:
        return Atom(name, position, content, end, is_cut=True)
    return Atom(name, position, content, position + size)


def _children(file: BinaryIO, parent: Atom) -> list[Atom]:
    found = []
    position = parent.content
    while position + 8 <= parent.end:
        atom = _atom_at(file, position, parent.end)
        if atom.is_cut:
            raise ValueError(f"its MP4 atom {parent.name.decode()} is damaged: a part reaches over its end")
        found.append(atom)
        position = atom.end
    return found


def _numbers(file: BinaryIO, atom: Atom, at: int, width: int, count: int = 1, anchor: int = 0) -> Places:
    """`count` numbers from byte `at` of the atom's content on."""
    start = atom.content + at
    if start + width * count > atom.end:
        raise ValueError("too short")
    data = read_at(file, start, width * count)
    values = struct.unpack(f">{count}{'Q' if width == 8 else 'I'}", data)
    return Places(start, width, tuple(value + anchor for value in values), anchor)


def _in_chunk_table(file: BinaryIO, atom: Atom) -> Iterator[Places]:
    (count,) = _numbers(file, atom, 4, 4).values
    yield _numbers(file, atom, 8, 8 if atom.name == b"co64" else 4, count)


def _in_fragment_header(file: BinaryIO, atom: Atom) -> Iterator[Places]:
    (flags,) = _numbers(file, atom, 0, 4).values
    if flags & _HAS_BASE_OFFSET:
        yield _numbers(file, atom, 8, 8)


def _in_auxiliary(file: BinaryIO, atom: Atom) -> Iterator[Places]:
    (head,) = _numbers(file, atom, 0, 4).values
    at = 12 if head & _HAS_AUX_TYPE else 4
    (count,) = _numbers(file, atom, at, 4).values
    yield _numbers(file, atom, at + 4, 8 if head >> 24 else 4, count)


def _in_fragment_index(file: BinaryIO, atom: Atom) -> Iterator[Places]:
    """tfra: a time and a fragment's place an entry, and in which part of it the time lies."""
    head, _track, sizes, count = _numbers(file, atom, 0, 4, 4).values
    width = 8 if head >> 24 else 4
    stride = 2 * width + sum((sizes >> bits & 3) + 1 for bits in (0, 2, 4))
    for number in range(count):
        entry = _numbers(file, atom, 16 + number * stride + width, width)
        yield replace(entry, is_index=True)


def _in_segment_index(file: BinaryIO, atom: Atom) -> Iterator[Places]:
    """sidx: how far behind it the first fragment lies."""
    (head,) = _numbers(file, atom, 0, 4).values
    width = 8 if head >> 24 else 4
    yield replace(_numbers(file, atom, 12 + width, width, anchor=atom.end), is_index=True)


def _has_items(file: BinaryIO, atom: Atom) -> bool:
    return b"iloc" in read_at(file, atom.content, atom.end - atom.content)


_FINDERS = {
    b"stco": _in_chunk_table,
    b"co64": _in_chunk_table,
    b"tfhd": _in_fragment_header,
    b"saio": _in_auxiliary,
    b"tfra": _in_fragment_index,
    b"sidx": _in_segment_index,
}
