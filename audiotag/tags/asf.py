"""ASF (WMA) files: the objects of the header, and the genre through mutagen.

mutagen keeps all attributes with their types, languages and streams, only in another order.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from mutagen.asf import ASF

from audiotag.tags.change import OWN_TEXTS, Change
from audiotag.tags.spans import read_at

HEADER = UUID("75b22630-668e-11cf-a6d9-00aa0062ce6c").bytes_le
_EXTENSION = UUID("5fbf03b5-a92e-11cf-8ee3-00c00c205365").bytes_le
_PADDING = UUID("1806d474-cadf-4509-a4ba-9aabcb96aae8").bytes_le
_TAGS = (
    UUID("75b22633-668e-11cf-a6d9-00aa0062ce6c").bytes_le,  # content description
    UUID("d2d0a440-e307-11d2-97f0-00a0c95ea850").bytes_le,  # extended content description
    UUID("c5f8cbea-5baf-4877-8467-aa8c44fa4cca").bytes_le,  # metadata
    UUID("44231c94-9498-49d1-a141-1d134e457054").bytes_le,  # metadata library
)
GENRE = "WM/Genre"
CHANGEABLE = frozenset({*_TAGS, _PADDING})
_EXTENSION_HEAD = 22


@dataclass(frozen=True)
class Object:
    """One object of the header: its GUID and its content."""

    guid: bytes
    data: bytes


def header_size(file: BinaryIO) -> int:
    """The length of the header, where the audio begins; ValueError for another kind of file."""
    guid, size = struct.unpack("<16sQ", read_at(file, 0, 24))
    if guid != HEADER:
        raise ValueError("no ASF file")
    return int(size)


def objects(file: BinaryIO) -> list[Object]:
    """All objects of the header and of its extension that hold neither tags nor padding."""
    data = read_at(file, 30, header_size(file) - 30)
    found: list[Object] = []
    for item in _split(data):
        inner = _split(item.data[_EXTENSION_HEAD:]) if item.guid == _EXTENSION else [item]
        found += [part for part in inner if part.guid not in CHANGEABLE]
    return found


def attributes(file: BinaryIO) -> list[tuple[str, str]]:
    """Every attribute that a write does not change.

    Its name, and its type, value, language and stream in words.
    """
    return sorted(
        (name, f"{value.TYPE} {value.value!r} {value.language} {value.stream}")
        for name, value in _open(file).tags or ()
        if name not in (GENRE, *OWN_TEXTS)
    )


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; the padding object takes up the change where it can."""
    asf = _open(file)
    if asf.tags is None:
        raise ValueError("mutagen gives no tags for it")
    for name, values in ((GENRE, change.genres), *change.texts.items()):
        asf.tags[name] = list(values)
    file.seek(0)
    asf.save(file, padding=lambda info: max(info.padding, 0))


def _open(file: BinaryIO) -> ASF:
    file.seek(0)
    return ASF(file)


def _split(data: bytes) -> list[Object]:
    found = []
    position = 0
    while position + 24 <= len(data):
        guid, size = struct.unpack_from("<16sQ", data, position)
        if size < 24 or position + size > len(data):
            raise ValueError("an object of its ASF header reaches over the end")
        found.append(Object(guid, data[position + 24 : position + size]))
        position += size
    return found
