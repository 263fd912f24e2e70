"""MP4 atoms in a test's hands: made, found, put in, taken out."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_OFFSETS = {b"stco": ">I", b"co64": ">Q"}


def box(name: bytes, *content: bytes) -> bytes:
    """An atom."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, name) + body


def data_of(text: bytes, kind: int = 1) -> bytes:
    """The value of an item in iTunes' list."""
    return box(b"data", struct.pack(">II", kind, 0), text)


def atoms(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each atom between two places."""
    while start + 8 <= end:
        size, name = struct.unpack(">I4s", data[start : start + 8])
        size = size or end - start
        yield name, start, start + size
        start += size


def find(data: bytes, path: Sequence[bytes]) -> tuple[int, int]:
    """Where the atom at this path begins and ends."""
    start, end = 0, len(data)
    at = 0
    for name in path:
        at, end = next((s, e) for n, s, e in atoms(data, start, end) if n == name)
        start = at + (12 if name == b"meta" else 8)
    return at, end


def grown(data: bytes, path: Sequence[bytes], extra: bytes, at_front: bool = False) -> bytes:
    """More content in an atom; its parents grow with it. For files whose sound stands in front."""
    start, end = find(data, path)
    place = start + 8 if at_front else end
    sizes = [find(data, path[: depth + 1])[0] for depth in range(len(path))]
    out = bytearray(data)
    for position in sizes:
        (size,) = struct.unpack(">I", out[position : position + 4])
        out[position : position + 4] = struct.pack(">I", size + len(extra))
    return bytes(out[:place]) + extra + bytes(out[place:])


def without(data: bytes, path: Sequence[bytes]) -> bytes:
    """The file without an atom."""
    start, end = find(data, path)
    out = bytearray(data)
    for depth in range(len(path) - 1):
        position, _ = find(data, path[: depth + 1])
        (size,) = struct.unpack(">I", out[position : position + 4])
        out[position : position + 4] = struct.pack(">I", size - (end - start))
    return bytes(out[:start]) + bytes(out[end:])


def shifted(data: bytes, by: int) -> bytes:
    """The chunk tables for sound that lies `by` bytes further on."""
    start, end = find(data, (b"moov", b"trak", b"mdia", b"minf", b"stbl"))
    out = bytearray(data)
    for name, at, _ in atoms(data, start + 8, end):
        if name in _OFFSETS:
            (count,) = struct.unpack(">I", data[at + 12 : at + 16])
            form = f">{count}{_OFFSETS[name][1]}"
            offsets = struct.unpack_from(form, data, at + 16)
            struct.pack_into(form, out, at + 16, *(offset + by for offset in offsets))
    return bytes(out)
