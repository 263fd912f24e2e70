"""RIFF (WAV) and IFF (AIFF) files: their chunks, and the tags in some of them.

The sizes in the headers are often wrong: a stream has none, a recorder was switched off, a pad
byte was not counted. Readers take the sound up to the end of the file then, and so does this; a
write puts the true sizes into the headers, without which what it appends would not be found.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO

from audiotag.tags.change import PLACE, Change
from audiotag.tags.formats import carried, id3, id3_fields, wav_info
from audiotag.tags.formats.spans import read_at, replace_span, size_of

_HEADER_SIZE = 8
SOUND_CHUNKS = frozenset({b"data", b"SSND"})
AUDIO_CHUNKS = SOUND_CHUNKS | {b"fmt ", b"fact", b"COMM", b"FVER"}
_MAX_LENGTH = (1 << 32) - 1

# From where up to where in the file what is to stand instead.
Edit = tuple[int, int, bytes]


@dataclass(frozen=True)
class Chunk:
    """One chunk: its content lies from `start` up to `end`, its header before it.

    next: where the next one begins. Chunks are padded to an even length, as a rule.
    """

    id: bytes
    start: int
    end: int
    next: int

    @property
    def is_id3(self) -> bool:
        """Whether this chunk holds an ID3 tag; its name is written in both cases."""
        return self.id in (b"ID3 ", b"id3 ")

    @property
    def header(self) -> int:
        """Where the chunk begins."""
        return self.start - _HEADER_SIZE


@dataclass(frozen=True)
class Form:
    """The whole file: byte order ("<" or ">"), form type, chunks, and where the form ends.

    `end` is where the last chunk ends, or the form by its header if that is further but not
    behind the end of the file.
    """

    order: str
    type: bytes
    chunks: tuple[Chunk, ...]
    end: int


def read(file: BinaryIO) -> Form:
    """Read the chunk table; ValueError where the chunks do not lead to the sound."""
    header, size = read_at(file, 0, 12), size_of(file)
    order = {b"RIFF": "<", b"FORM": ">"}[header[:4]]
    (length,) = struct.unpack(order + "I", header[4:8])
    stated = _HEADER_SIZE + length
    chunks = _chunks(file, order, stated)
    end = chunks[-1].next if chunks else 12
    return Form(order, header[8:12], chunks, max(min(end, size), stated if stated <= size else 0))


def main_tag(file: BinaryIO, form: Form) -> id3.Tag:
    """The ID3 tag that a write starts from.

    Of a file without one, or with one that names nothing, what its INFO list says: a new tag
    hides that from many readers, so it has to repeat it.
    """
    chunk = next((c for c in form.chunks if c.is_id3), None)
    tag = id3.Tag() if chunk is None else tag_in(file, chunk)
    return tag if id3_fields.has_names(tag) else _heir(file, form, tag)


def _heir(file: BinaryIO, form: Form, tag: id3.Tag) -> id3.Tag:
    """A tag that names nothing with what the INFO list says."""
    texts = wav_info.texts(info_entries(file, form))
    named = replace(tag, frames=(*tag.frames, *carried.frames(carried.of_info(texts), tag.version)))
    return id3_fields.with_heir(named, [texts[wav_info.GENRE]] if wav_info.GENRE in texts else [])


def tag_in(file: BinaryIO, chunk: Chunk) -> id3.Tag:
    """The ID3 tag in a chunk; an empty one where there is none."""
    if not id3.length_at(file, chunk.start):
        return id3.Tag()
    return id3.parse(read_at(file, chunk.start, chunk.end - chunk.start))


def others(file: BinaryIO, form: Form) -> list[tuple[str, Chunk]]:
    """The chunks besides the first with an ID3 tag that may say a genre, with a name for each."""
    tags = [chunk for chunk in form.chunks if chunk.is_id3][1:]
    lists = [chunk for chunk in form.chunks if is_info(file, form, chunk)]
    named = []
    for called, chunks, first in (("ID3v2", tags, 1), ("INFO", lists, 0)):
        for i, chunk in enumerate(chunks, first):
            named.append((f"{PLACE}{called}" + (f" ({i + 1})" if i else ""), chunk))
    return named


def is_info(file: BinaryIO, form: Form, chunk: Chunk) -> bool:
    """Whether a chunk is an INFO list, which only WAV files have."""
    if form.type != b"WAVE" or chunk.id != b"LIST" or chunk.end - chunk.start < 4:
        return False
    return read_at(file, chunk.start, 4) == b"INFO"


def info_entries(file: BinaryIO, form: Form) -> wav_info.Entries:
    """The entries of all INFO lists."""
    lists = (chunk for chunk in form.chunks if is_info(file, form, chunk))
    return tuple(entry for chunk in lists for entry in entries_in(file, chunk))


def entries_in(file: BinaryIO, chunk: Chunk) -> wav_info.Entries:
    """The entries of one INFO list."""
    return wav_info.parse(read_at(file, chunk.start + 4, chunk.end - chunk.start - 4))


def stored(file: BinaryIO, chunk: Chunk) -> tuple[str, ...]:
    """The genre in an INFO list, as it is stored there."""
    text = wav_info.texts(entries_in(file, chunk)).get(wav_info.GENRE, "")
    return (text,) if text else ()


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change in all places that say a genre; a new ID3 chunk comes last."""
    form = read(file)
    tag = id3_fields.with_change(main_tag(file, form), change)
    _apply(file, form, _edits_elsewhere(file, form, change))
    form = read(file)
    if change.takes_back:
        tag = id3_fields.without_repeated(tag, _heir(file, form, replace(tag, frames=())))
    first = next((chunk for chunk in form.chunks if chunk.is_id3), None)
    end = form.chunks[-1].next
    start, stop = (first.header, first.next) if first else (end, end)
    # In AIFF files nobody but TagLib knows the name in small letters.
    name = b"ID3 " if form.order == ">" else first.id if first else b"id3 "
    _apply(file, form, [(start, stop, _made(form, name, id3.render(tag)))])


def _apply(file: BinaryIO, form: Form, edits: list[Edit]) -> None:
    """Exchange spans, and put the true sizes into the headers."""
    end = form.chunks[-1].next
    if end > size_of(file):  # the last chunk has an odd length and no pad byte
        replace_span(file, size_of(file), 0, bytes(1))
    growth = sum(len(new) - (stop - start) for start, stop, new in edits)
    length = max(form.end, end) + growth - _HEADER_SIZE
    if length > _MAX_LENGTH:
        raise ValueError("it would be larger than the 4 GiB that its format can hold")
    for start, stop, new in sorted(edits, reverse=True):
        replace_span(file, start, stop - start, new)
    _put_size(file, form, 0, length)
    for chunk in form.chunks:
        if chunk.id in SOUND_CHUNKS:
            moved = sum(len(new) - (stop - start) for start, stop, new in edits if start < chunk.header)
            _put_size(file, form, chunk.header + moved, chunk.end - chunk.start)


def duration(file: BinaryIO) -> float | None:
    """Seconds of sound by the headers; None where they do not say."""
    form = read(file)
    spans = {chunk.id: chunk for chunk in form.chunks}
    head, sound = spans.get(b"fmt ") or spans.get(b"COMM"), spans.get(b"data") or spans.get(b"SSND")
    if head is None or sound is None:
        return None
    data = read_at(file, head.start, head.end - head.start)
    if head.id == b"fmt ":
        bytes_a_second = int.from_bytes(data[8:12], "little")
        return (sound.end - sound.start) / bytes_a_second if bytes_a_second else None
    exponent, mantissa = struct.unpack(">HQ", data[8:18])
    rate = mantissa * 2.0 ** ((exponent & 0x7FFF) - 16_383 - 63)
    return int.from_bytes(data[2:6], "big") / rate if rate else None


def _edits_elsewhere(file: BinaryIO, form: Form, change: Change) -> list[Edit]:
    """What is to change but for the main tag."""
    # Behind a chunk that is not padded readers would find nothing.
    unpadded = (chunk.next for chunk in form.chunks if chunk.next % 2 != chunk.header % 2)
    edits: list[Edit] = [(place, place, b"\0") for place in unpadded]
    for place, chunk in others(file, form):
        content = _content(file, place, chunk, change)
        if content is not None:
            edits.append((chunk.header, chunk.next, _made(form, chunk.id, content)))
    return edits


def _content(file: BinaryIO, place: str, chunk: Chunk, change: Change) -> bytes | None:
    """What one of the chunks that `others` names is to hold; None where it stays."""
    if chunk.is_id3:
        old = tag_in(file, chunk)
        new = id3_fields.with_place(old, place, change)
        return None if new == old else id3.render(new)
    genres = change.elsewhere_of(place, change.genres)
    if genres is None or genres == stored(file, chunk):
        return None
    return b"INFO" + wav_info.render(wav_info.with_genre(entries_in(file, chunk), genres))


def _made(form: Form, name: bytes, data: bytes) -> bytes:
    """A whole chunk; nothing at all for one without content."""
    return name + struct.pack(form.order + "I", len(data)) + data + bytes(len(data) % 2) if data else b""


def _put_size(file: BinaryIO, form: Form, header: int, length: int) -> None:
    file.seek(header + 4)
    file.write(struct.pack(form.order + "I", length))


def _chunks(file: BinaryIO, order: str, stated: int) -> tuple[Chunk, ...]:
    """All chunks, those behind the form's stated end among them if they are such without doubt."""
    size, position, has_sound = size_of(file), 12, False
    chunks: list[Chunk] = []
    while position + _HEADER_SIZE <= size:
        name, length = _header_at(file, order, position)
        start = position + _HEADER_SIZE
        end = start + length
        is_sound = name in SOUND_CHUNKS
        if is_sound and (end > size or (not length and not _is_chunk(file, order, start))):
            end = size  # a stream, or cut off: it goes on to the end
        if end > size or ((has_sound or position >= stated) and not _is_name(name)):
            if not has_sound:
                raise ValueError(f"its chunk {name!r} reaches over the end")
            break  # stray bytes
        has_sound = has_sound or is_sound
        position = _behind(file, order, start, end)
        chunks.append(Chunk(name, start, end, position))
    if not has_sound:
        raise ValueError("its chunks hold no audio")
    return tuple(chunks)


def _behind(file: BinaryIO, order: str, start: int, end: int) -> int:
    """Where the next chunk begins. Some writers do not pad chunks of an odd length."""
    padded = end + (end - start) % 2
    is_padded = padded == end or _is_chunk(file, order, padded) or not _is_chunk(file, order, end)
    return padded if is_padded else end


def _is_chunk(file: BinaryIO, order: str, position: int) -> bool:
    """Whether what stands there looks like a chunk that ends within the file."""
    if position + _HEADER_SIZE > size_of(file):
        return False
    name, length = _header_at(file, order, position)
    return _is_name(name) and position + _HEADER_SIZE + length <= size_of(file)


def _is_name(name: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in name)


def _header_at(file: BinaryIO, order: str, position: int) -> tuple[bytes, int]:
    header = read_at(file, position, _HEADER_SIZE)
    (length,) = struct.unpack(order + "I", header[4:])
    return header[:4], length
