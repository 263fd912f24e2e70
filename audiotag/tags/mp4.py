"""MP4 atoms: exchange the genre in moov/udta/meta/ilst and mend the offsets that this moves.

The other atoms of the list keep their bytes; mutagen would write them anew from what it
understood. ISO/IEC 14496-12 describes the atoms ("boxes").
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from audiotag.tags.change import OWN_TEXTS, Change
from audiotag.tags.spans import padding_after, read_at, replace_span, size_of

GENRE = b"\xa9gen"
_GENRE_NAMES = frozenset({GENRE, b"gnre"})
# Freeform atoms belong to somebody; this is the name under which players and taggers look.
FREEFORM = b"----"
FREEFORM_OWNER = "com.apple.iTunes"
ILST_PATH = (b"moov", b"udta", b"meta", b"ilst")
OFFSET_TABLES = {b"stco": ">I", b"co64": ">Q"}
_CONTAINERS = frozenset({b"moov", b"udta", b"trak", b"mdia", b"minf", b"stbl", b"meta", b"moof", b"traf"})
_FRAGMENT_HEADER, _HAS_BASE_OFFSET = b"tfhd", 0x1
META_HANDLER = struct.pack(">I4s", 33, b"hdlr") + bytes(8) + b"mdirappl" + bytes(9)


@dataclass(frozen=True)
class Atom:
    """One atom: it lies from `start` up to `end`, its content begins at `content`."""

    name: bytes
    start: int
    content: int
    end: int


def atoms(file: BinaryIO, start: int, end: int) -> list[Atom]:
    """The atoms that fill the bytes from `start` up to `end`; ValueError where they do not."""
    found = []
    position = start
    while position + 8 <= end:
        size, name = struct.unpack(">I4s", read_at(file, position, 8))
        content = position + 8
        if size == 1:
            (size,) = struct.unpack(">Q", read_at(file, content, 8))
            content += 8
        elif size == 0:
            size = end - position
        if not content - position <= size <= end - position:
            raise ValueError(f"its MP4 atom {name!r} reaches over the end")
        found.append(Atom(name, position, content, position + size))
        position += size
    return found


def children(file: BinaryIO, parent: Atom) -> list[Atom]:
    """The atoms within `parent`; none if it is not one of the containers that matter here."""
    if parent.name == b"ilst":
        return atoms(file, parent.content, parent.end)
    if parent.name not in _CONTAINERS:
        return []
    # The one container that begins with version and flags.
    skip = 4 if parent.name == b"meta" else 0
    return atoms(file, parent.content + skip, parent.end)


def walk(file: BinaryIO) -> Iterator[tuple[bytes, Atom]]:
    """Every atom that holds no other atoms of interest, with its path ("moov.udta.chpl")."""
    waiting = [(atom.name, atom) for atom in reversed(atoms(file, 0, size_of(file)))]
    while waiting:
        path, atom = waiting.pop()
        inner = children(file, atom)
        if not inner:
            yield path, atom
        waiting += [(path + b"." + child.name, child) for child in reversed(inner)]


def ilst_path(file: BinaryIO) -> list[Atom]:
    """The atoms from moov down to the tag list, as far as they exist; the first of each name."""
    found: list[Atom] = []
    level = atoms(file, 0, size_of(file))
    for name in ILST_PATH:
        atom = next((atom for atom in level if atom.name == name), None)
        if atom is None:
            break
        found.append(atom)
        level = children(file, atom)
    if not found:
        raise ValueError("no MP4 file: it has no moov atom")
    return found


def field_of(raw: bytes) -> str | None:
    """Which field a whole atom of the tag list is: "genre", a name of OWN_TEXTS, or None."""
    if raw[4:8] in _GENRE_NAMES:
        return "genre"
    if raw[4:8] != FREEFORM:
        return None
    return next((name for name in OWN_TEXTS if raw[8:].startswith(_freeform_head(name))), None)


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; a free atom after the list takes up the change where it can."""
    path = ilst_path(file)
    if len(path) == len(ILST_PATH):
        start, end, data = _changed_list(file, path, change)
        parents = path[:-1]
    else:
        # What is missing below the last parent is made there: at the end of moov or meta, but at
        # the beginning of udta, which may end with a 32-bit zero.
        data = _render(b"ilst", b"".join(_exchanged([], change)))
        for name in reversed(ILST_PATH[len(path) : -1]):
            data = _render(name, bytes(4) + META_HANDLER + data if name == b"meta" else data)
        start = end = path[-1].content if path[-1].name == b"udta" else path[-1].end
        parents = path
    growth = len(data) - (end - start)
    replace_span(file, start, end - start, data)
    if growth:
        for parent in parents:
            _resize(file, parent, growth)
        _shift_offsets(file, end, growth)


def table_offsets(file: BinaryIO, atom: Atom) -> list[int]:
    """The chunk offsets of an stco or co64 atom: where the audio lies in the file."""
    data = read_at(file, atom.content, atom.end - atom.content)
    (count,) = struct.unpack_from(">I", data, 4)
    kind = OFFSET_TABLES[atom.name]
    if 8 + count * struct.calcsize(kind) > len(data):
        raise ValueError("its MP4 chunk table is damaged")
    return list(struct.unpack_from(f">{count}{kind[1]}", data, 8))


def fragment_offset(file: BinaryIO, atom: Atom) -> tuple[int, int] | None:
    """Where a fragment's header (tfhd) says at which byte of the file its audio is counted from.

    The position of that number and the number; None for other atoms and for headers that count
    from the fragment itself.
    """
    if atom.name != _FRAGMENT_HEADER:
        return None
    (flags,) = struct.unpack(">I", read_at(file, atom.content, 4))
    if not flags & _HAS_BASE_OFFSET:
        return None
    at = atom.content + 8
    if at + 8 > atom.end:
        raise ValueError("its MP4 fragment header is damaged")
    return at, int.from_bytes(read_at(file, at, 8), "big")


def _changed_list(file: BinaryIO, path: Sequence[Atom], change: Change) -> tuple[int, int, bytes]:
    """Where the list and its padding lie, and what comes there."""
    ilst, siblings = path[-1], children(file, path[-2])
    raw = [read_at(file, item.start, item.end - item.start) for item in children(file, ilst)]
    data = _render(b"ilst", b"".join(_exchanged(raw, change)))
    growth = len(data) - (ilst.end - ilst.start)
    free = next((a for a in siblings if a.start == ilst.end and a.name == b"free"), None)
    if free is None:
        return ilst.start, ilst.end, data
    padding = padding_after(free.end - free.content, growth)
    return ilst.start, free.end, data + _render(b"free", bytes(padding))


def _exchanged(items: list[bytes], change: Change) -> list[bytes]:
    """The list's atoms with new values where the first of each field was, at the end if none was."""
    for name, values in (("genre", change.genres), *change.texts.items()):
        at = next((i for i, raw in enumerate(items) if field_of(raw) == name), len(items))
        items = [raw for raw in items if field_of(raw) != name]
        items[at:at] = [_field(name, values)] if values else []
    return items


def _field(name: str, values: Sequence[str]) -> bytes:
    texts = (value.encode("utf-8") for value in values)
    data = b"".join(_render(b"data", struct.pack(">2I", 1, 0) + text) for text in texts)
    return _render(GENRE, data) if name == "genre" else _render(FREEFORM, _freeform_head(name) + data)


def _freeform_head(name: str) -> bytes:
    owner = _render(b"mean", bytes(4) + FREEFORM_OWNER.encode("ascii"))
    return owner + _render(b"name", bytes(4) + name.encode("ascii"))


def _render(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def _resize(file: BinaryIO, atom: Atom, growth: int) -> None:
    is_long = atom.content - atom.start == 16
    size_at, kind = (atom.start + 8, ">Q") if is_long else (atom.start, ">I")
    (size,) = struct.unpack(kind, read_at(file, size_at, struct.calcsize(kind)))
    if size == 0:  # reaches to the end of the file, whatever that is
        return
    file.seek(size_at)
    file.write(struct.pack(kind, size + growth))


def _shift_offsets(file: BinaryIO, edge: int, growth: int) -> None:
    for _path, atom in list(walk(file)):
        if atom.name in OFFSET_TABLES:
            offsets = [o + growth if o >= edge else o for o in table_offsets(file, atom)]
            file.seek(atom.content + 8)
            file.write(struct.pack(f">{len(offsets)}{OFFSET_TABLES[atom.name][1]}", *offsets))
        base = fragment_offset(file, atom)
        if base is not None and base[1] >= edge:
            file.seek(base[0])
            file.write(struct.pack(">Q", base[1] + growth))
