"""What gives a file's bytes back after its tags were written: the journal's memory of a write.

A delta says where the old file can be found in the new one and holds only the bytes that cannot;
so it stays small even where a picture, or an hour of sound, has moved. It is bound to both files by
SHA-256 (deltahead.py): it is applied to that very new file, and what comes out is that very old file,
or it is not applied.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO

from audiotag.tags.formats.recipe import Recipe, Span
from audiotag.tags.formats.spans import CHUNK, read_at, replace_span, size_of
from audiotag.tags.safewrite.deltahead import Shared, head_of, unpack

__all__ = ["Shared", "apply", "fits", "is_given_back", "known_sound", "make"]

# Between its first and its last change a file may have this many bytes, or in front of a long span
# that only moved and behind it; beyond that it is undone by its values alone.
MOST_BYTES = 32 << 20
# A copy of so many bytes is such a span: it is moved within the file and not read into memory.
_LONG = 1 << 20
_PROBE, _STEP, _WINDOW, _REACH = 64, 512, 1 << 20, 1 << 16
_PART = struct.Struct("<QQ")
_LITERAL = (1 << 64) - 1
_VARIED = 8  # different bytes in a probe that is worth looking for


def make(old: BinaryIO, new: BinaryIO, shared: Shared | None = None) -> bytes | None:
    """The delta from `new` back to `old`; None where they differ over too long a span.

    shared: sound that both are known to have, so that it need not be read.
    """
    shorter = min(size_of(old), size_of(new))
    fronts, backs = ([], []) if shared is None else _known_alike(shared, size_of(old), size_of(new))
    start = _common_start(old, new, shorter, known=fronts)
    end = _common_end(old, new, shorter - start, known=backs)
    lengths = [size_of(file) - start - end for file in (old, new)]
    ends = (start + lengths[0], start + lengths[1])
    if max(lengths) <= MOST_BYTES:
        parts = _parts(read_at(old, start, lengths[0]), read_at(new, start, lengths[1]))
    else:
        run = _moved(old, new, start, ends)
        if run is None:
            return None
        at, place, length = run
        front = _parts(read_at(old, start, at - start), read_at(new, start, place - start))
        rest, new_rest = (
            read_at(file, first + length, end - first - length)
            for file, first, end in ((old, at, ends[0]), (new, place, ends[1]))
        )
        behind = place + length - start
        parts = front + _PART.pack(place - start, length) + _parts(rest, new_rest, behind)
    return head_of(old, new, shared, start, lengths[1]).pack() + zlib.compress(parts)


def apply(file: BinaryIO, delta: bytes) -> bool:
    """Make an open file what it was before; False, and nothing is written, if it is another by now.

    Raises ValueError where what comes out is not the old file: it is half written then.
    """
    head, at = unpack(delta)
    if not head.is_of_new(file):
        return False
    parts = zlib.decompress(delta[at:])
    for first, last, data in reversed(_hunks(file, parts, head.start, head.length)):
        replace_span(file, first, last - first, data)
    file.flush()
    if not head.is_of_old(file):
        raise ValueError("what the journal gives back is not the file that was")
    return True


def fits(file: BinaryIO, delta: bytes) -> bool:
    """Whether an open file is the very one that a delta takes back."""
    return unpack(delta)[0].is_of_new(file)


def is_given_back(file: BinaryIO, delta: bytes) -> bool:
    """Whether an open file is the very one that a delta gives back."""
    return unpack(delta)[0].is_of_old(file)


def known_sound(delta: bytes, recipe: Recipe) -> bytes | None:
    """The digest of the sound in the file that a delta gives back, if `recipe` says where it lies there."""
    return unpack(delta)[0].sound_of_old(recipe)


def _hunks(file: BinaryIO, parts: bytes, start: int, length: int) -> list[tuple[int, int, bytes]]:
    """From where up to where in the file what is to stand instead: all but the long copies."""
    hunks = []
    pieces: list[bytes] = []
    position, first = 0, start
    while position < len(parts):
        place, size = _PART.unpack_from(parts, position)
        position += _PART.size
        if place == _LITERAL:
            pieces.append(parts[position : position + size])
            position += size
        elif size < _LONG:
            pieces.append(read_at(file, start + place, size))
        else:
            hunks.append((first, start + place, b"".join(pieces)))
            pieces, first = [], start + place + size
    return [*hunks, (first, start + length, b"".join(pieces))]


def _moved(old: BinaryIO, new: BinaryIO, start: int, ends: tuple[int, int]) -> tuple[int, int, int] | None:
    """A span of `old` that stands in `new`, perhaps elsewhere: its two places and its length.

    So long that what is in front of it and behind it is not too much; None without one.
    """
    for at in range(start + _WINDOW, min(start + MOST_BYTES, ends[0] - _PROBE), _WINDOW):
        probe = read_at(old, at, _PROBE)
        begin = max(start, at - _WINDOW)
        window = read_at(new, begin, min(2 * _WINDOW, max(0, ends[1] - begin)))
        found = window.find(probe)
        if found < 0 or len(set(probe)) < _VARIED:
            continue  # silence is found everywhere
        place = begin + found
        back = _common_end(old, new, min(at, place) - start, (at, place))
        forth = _common_start(old, new, min(ends[0] - at, ends[1] - place), (at, place))
        rest = (at - back - start, place - back - start, ends[0] - at - forth, ends[1] - place - forth)
        if forth >= _LONG and max(rest) <= MOST_BYTES:
            return at - back, place - back, back + forth
    return None


def _parts(old: bytes, new: bytes, base: int = 0) -> bytes:
    """`old` as copies from `new`, in the order in which they stand there, and literal bytes.

    `base` is where `new` begins in what the places are counted from.
    """
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
        parts += _literal(old[done:first]) + _PART.pack(base + found - back, length)
        done = probe = first + length
        passed = found - back + length
    return bytes(parts + _literal(old[done:]))


def _literal(data: bytes) -> bytes:
    return _PART.pack(_LITERAL, len(data)) + data if data else b""


def _known_alike(shared: Shared, old_size: int, new_size: int) -> tuple[list[Span], list[Span]]:
    """What is known to be alike as far from both beginnings, and from both ends: from where up to where."""
    pairs = list(zip(shared.old.spans, shared.new.spans, strict=True))
    fronts = [one for one, other in pairs if one == other]
    backs = [
        (old_size - end, old_size - start)
        for (start, end), (_start, new_end) in pairs
        if old_size - end == new_size - new_end
    ]
    return fronts, backs


def _common_start(
    one: BinaryIO, other: BinaryIO, most: int, places: tuple[int, int] = (0, 0), known: Sequence[Span] = ()
) -> int:
    """How many bytes are alike from these places on."""
    length = 0
    while (length := _behind(known, length)) < most:
        size = min(CHUNK, most - length)
        ours, theirs = (
            read_at(file, at + length, size) for file, at in zip((one, other), places, strict=True)
        )
        same = size if ours == theirs else _alike(ours, theirs)
        length += same
        if same < size:
            break
    return min(length, most)


def _common_end(
    one: BinaryIO,
    other: BinaryIO,
    most: int,
    places: tuple[int, int] | None = None,
    known: Sequence[Span] = (),
) -> int:
    """How many bytes are alike in front of these places, or of the files' ends."""
    places = places or (size_of(one), size_of(other))
    length = 0
    while (length := _behind(known, length)) < most:
        size = min(CHUNK, most - length)
        ours, theirs = (
            read_at(file, at - length - size, size) for file, at in zip((one, other), places, strict=True)
        )
        same = size if ours == theirs else _alike(ours[::-1], theirs[::-1])
        length += same
        if same < size:
            break
    return min(length, most)


def _behind(known: Sequence[Span], at: int) -> int:
    """Where a span ends that covers a place; the place itself where none does."""
    return next((end for start, end in known if start <= at < end), at)


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes the two begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low
