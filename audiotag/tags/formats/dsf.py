"""DSF files (DSD audio): their chunks, and the ID3 tag at the end that the first of them points to.

https://dsd-guide.com/sites/default/files/white-papers/DSFFileFormatSpec_E.pdf describes the format.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from audiotag.tags.change import Change
from audiotag.tags.formats import id3
from audiotag.tags.formats.id3_fields import with_change
from audiotag.tags.formats.spans import read_at, replace_span, size_of

MAGIC = b"DSD "
# The chunk's length, the file's and where the tag begins; 0 where there is none.
_HEAD = struct.Struct("<4sQQQ")
_CHUNK = struct.Struct("<4sQ")


@dataclass(frozen=True)
class Form:
    """Where all lies: the chunks of format and sound up to `end`, and the ID3 tag.

    said_size: how long the file says that it is. tag: start and end, equal where there is none.
    fault: what keeps such a file from being written, "" for nothing.
    """

    start: int
    end: int
    said_size: int
    tag: tuple[int, int]
    fault: str = ""


def read(file: BinaryIO) -> Form:
    """Read the chunks; ValueError where there are none of format and sound."""
    _magic, length, said_size, pointer = _HEAD.unpack(read_at(file, 0, _HEAD.size))
    if length < _HEAD.size:
        raise ValueError("its first DSF chunk is too short")
    position, size = length, size_of(file)
    for wanted in (b"fmt ", b"data"):
        name, chunk = _CHUNK.unpack(read_at(file, position, _CHUNK.size))
        if name != wanted or chunk < _CHUNK.size:
            raise ValueError(f"its DSF chunk {wanted.decode().strip()} is missing")
        position += chunk
    none, end = (size, size), min(position, size)
    if position > size:
        # A tag behind it would be played as sound.
        fault = f"its sound is cut off: {position - size} bytes are missing"
        return Form(length, end, said_size, none, fault)
    if pointer == size:
        pointer = 0  # no tag, said otherwise
    tag_length = id3.length_at(file, pointer) if position <= pointer < size else 0
    if pointer and (not tag_length or pointer + tag_length > size):
        return Form(length, end, said_size, none, "it says that it has an ID3 tag where there is none")
    return Form(length, end, said_size, (pointer, pointer + tag_length) if pointer else none)


def read_id3(file: BinaryIO) -> id3.Tag:
    """The ID3 tag; an empty one where there is none."""
    start, end = read(file).tag
    return id3.parse(read_at(file, start, end - start)) if end > start else id3.Tag()


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change in the ID3 tag; a new one comes last. Size and pointer follow."""
    form = read(file)
    if form.fault:
        raise ValueError(form.fault)
    start, end = form.tag
    data = id3.render(with_change(read_id3(file), change))
    growth = len(data) - (end - start)
    replace_span(file, start, end - start, data)
    if end == start and data:  # what is behind the sound may be more than the file says
        growth = size_of(file) - form.said_size
    file.seek(_HEAD.size - 16)
    file.write(struct.pack("<QQ", form.said_size + growth, start if data else 0))
