"""RIFF (WAV) and IFF (AIFF) files: their chunks, and the ID3 tag in one of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from audiotag.tags import id3
from audiotag.tags.change import Change
from audiotag.tags.id3_fields import with_change
from audiotag.tags.spans import read_at, replace_span, size_of

_HEADER_SIZE = 8
AUDIO_CHUNKS = frozenset({b"fmt ", b"fact", b"data", b"COMM", b"SSND", b"FVER"})
# The INFO list is older than ID3 in WAV files and many programs still write it alone.
INFO_GENRE, INFO_ARTIST, INFO_ALBUM, INFO_TITLE = b"IGNR", b"IART", b"IPRD", b"INAM"


@dataclass(frozen=True)
class Chunk:
    """One chunk: its content lies from `start` up to `end`, its header before it."""

    id: bytes
    start: int
    end: int

    @property
    def is_id3(self) -> bool:
        """Whether this chunk holds the ID3 tag; its name is written in both cases."""
        return self.id in (b"ID3 ", b"id3 ")

    @property
    def next(self) -> int:
        """Where the next chunk begins: chunks are padded to an even length."""
        return self.end + (self.end - self.start) % 2


@dataclass(frozen=True)
class Form:
    """The whole file: byte order ("<" or ">"), form type, chunks and where the form ends."""

    order: str
    type: bytes
    chunks: tuple[Chunk, ...]
    end: int


def read(file: BinaryIO) -> Form:
    """Read the chunk table; ValueError where a chunk reaches over the end of the file."""
    header = read_at(file, 0, 12)
    orders = {b"RIFF": "<", b"FORM": ">"}
    if header[:4] not in orders:
        raise ValueError("no RIFF or FORM file")
    order = orders[header[:4]]
    (length,) = struct.unpack(order + "I", header[4:8])
    end = _HEADER_SIZE + length
    if not 12 <= end <= size_of(file):
        raise ValueError(f"it says that it has {end} bytes, and has {size_of(file)}")
    return Form(order, header[8:12], _chunks(file, order, 12, end), end)


def read_id3(file: BinaryIO, form: Form) -> id3.Tag:
    """The ID3 tag in its chunk; an empty one where there is none."""
    chunk = next((c for c in form.chunks if c.is_id3), None)
    if chunk is None or not id3.length_at(file, chunk.start):
        return id3.Tag()
    return id3.parse(read_at(file, chunk.start, chunk.end - chunk.start))


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change in the ID3 chunk; a new chunk comes last."""
    form = read(file)
    data = id3.render(with_change(read_id3(file, form), change))
    old = next((c for c in form.chunks if c.is_id3), None)
    end = form.chunks[-1].next if form.chunks else 12
    start, stop = (old.start - _HEADER_SIZE, old.next) if old else (end, end)
    name = old.id if old else {"<": b"id3 ", ">": b"ID3 "}[form.order]
    new = name + struct.pack(form.order + "I", len(data)) + data + bytes(len(data) % 2) if data else b""
    if stop > size_of(file):  # the last chunk has an odd length and no pad byte
        replace_span(file, size_of(file), 0, bytes(stop - size_of(file)))
    replace_span(file, start, stop - start, new)
    file.seek(4)
    file.write(struct.pack(form.order + "I", max(form.end, end) + len(new) - (stop - start) - _HEADER_SIZE))


def info(file: BinaryIO) -> dict[bytes, str]:
    """The texts of a WAV file's INFO list, by their four-letter names."""
    form = read(file)
    texts: dict[bytes, str] = {}
    for chunk in form.chunks:
        if chunk.id != b"LIST" or read_at(file, chunk.start, min(4, chunk.end - chunk.start)) != b"INFO":
            continue
        for entry in _chunks(file, form.order, chunk.start + 4, chunk.end):
            raw = read_at(file, entry.start, entry.end - entry.start).split(b"\0")[0]
            texts.setdefault(entry.id, _text(raw))
    return texts


def _chunks(file: BinaryIO, order: str, start: int, end: int) -> tuple[Chunk, ...]:
    chunks = []
    position = start
    while position + _HEADER_SIZE <= end:
        header = read_at(file, position, _HEADER_SIZE)
        (length,) = struct.unpack(order + "I", header[4:])
        chunk = Chunk(header[:4], position + _HEADER_SIZE, position + _HEADER_SIZE + length)
        if chunk.end > end:
            raise ValueError(f"its chunk {header[:4]!r} reaches over the end")
        chunks.append(chunk)
        position = chunk.next
    return tuple(chunks)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace").strip()
