"""Where in a file its sound lies, apart from everything that tags may change.

Unlike payload.py, which proves that a write kept every byte, this looks at as little as it can:
headers only, and never at more of a file because it is long.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from audiotag.tags.formats import ape, asf, dsf, flac, id3, magic, mp3, mp4_atoms, riff
from audiotag.tags.formats.spans import BLOCK, read_at, size_of

Span = tuple[int, int]

_FORMAT_CHUNKS = (b"fmt ", b"COMM")
_OGG_HEADER = 27
# Headers, a huge picture in the comments among them, are at most so long.
_MOST_HEADER_PAGES = 2_000
_MOST_FLAC_BLOCKS = 1_000


@dataclass(frozen=True)
class Sound:
    """kind: of container. spans: where the sound lies. own: the file's own digest of the sound,
    which says it all. salt: what else belongs to its identity."""

    kind: str
    spans: tuple[Span, ...]
    own: bytes = b""
    salt: bytes = b""


def find_sound(file: BinaryIO) -> Sound:
    """Where the sound of an open file lies. Raises ValueError where its structure is damaged."""
    start = id3.end_in_front(file)
    try:
        kind = magic.recognise(file)
    except magic.NotTaggedError:
        return Sound(_BARE, ((start, size_of(file)),))
    if kind in _BY_KIND:
        return _BY_KIND[kind](file, start)
    if kind == magic.MPEG:
        with suppress(ValueError):
            start = mp3.layout(file).start
    return Sound(kind, ((start, max(start, ape.payload_end(file))),))


def _flac(file: BinaryIO, start: int) -> Sound:
    position, info, is_last = start + len(flac.MARK), b"", False
    for _ in range(_MOST_FLAC_BLOCKS):
        header = read_at(file, position, 4)
        is_last, length = bool(header[0] & 0x80), int.from_bytes(header[1:], "big")
        if header[0] & 0x7F == flac.STREAMINFO:
            info = read_at(file, position + 4, length)
        position += 4 + length
        if is_last:
            break
    if not is_last or len(info) < 34:
        raise ValueError("its FLAC blocks have no end, or say nothing of the stream")
    # Rate, channels, bits and length, and the MD5 of the samples: not how they were packed.
    own = info[10:34] if any(info[18:34]) else b""
    return Sound("flac", ((position, max(position, ape.payload_end(file))),), own)


def _ogg(file: BinaryIO, _start: int) -> Sound:
    """From the first page that says when its sound ends.

    A longer comment renumbers the pages behind it, which changes their headers but not what is
    in them: so the sound is told by the bodies of its first and last pages, and where they end.
    """
    position, serial = 0, b""
    for _ in range(_MOST_HEADER_PAGES):
        header = read_at(file, position, _OGG_HEADER)
        if header[:4] != b"OggS":
            window = read_at(file, position, min(BLOCK, size_of(file) - position))
            if b"OggS" not in window:
                raise ValueError("its Ogg pages do not follow one another")
            position += window.index(b"OggS")
            continue
        sizes = read_at(file, position + _OGG_HEADER, header[26])
        serial = serial or header[14:18]
        (granule,) = struct.unpack("<q", header[6:14])
        body = position + _OGG_HEADER + len(sizes)
        if granule > 0:
            tail = _last_ogg_page(file, body)
            salt = serial + header[6:14] + tail[6:14]
            return Sound("ogg", ((body, body + sum(sizes)), *_ogg_samples(file, position)), salt=salt)
        position = body + sum(sizes)
    raise ValueError("no sound in its first Ogg pages")


def _ogg_samples(file: BinaryIO, first: int) -> tuple[Span, ...]:
    """The bodies of pages spread over the sound, found by their marks."""
    end = size_of(file)
    found = []
    for part in (1, 2, 3, 4, 5, 6, 7, 8):
        place = first + (end - first) * part // 9
        window = read_at(file, place, min(BLOCK >> 3, end - place))
        at = window.find(b"OggS")
        if at < 0 or at + _OGG_HEADER > len(window):
            continue
        count = window[at + 26]
        start = place + at + _OGG_HEADER + count
        length = sum(window[at + _OGG_HEADER : at + _OGG_HEADER + count])
        if start + length <= end:
            found.append((start, start + length))
    return tuple(dict.fromkeys(found))


def _last_ogg_page(file: BinaryIO, least: int) -> bytes:
    end = size_of(file)
    start = max(least, end - (BLOCK >> 3))
    window = read_at(file, start, end - start)
    at = window.rfind(b"OggS")
    return window[at : at + _OGG_HEADER] if at >= 0 else bytes(_OGG_HEADER)


def _mp4(file: BinaryIO, _start: int) -> Sound:
    spans = tuple((atom.content, atom.end) for atom in mp4_atoms.top_atoms(file) if atom.name == b"mdat")
    if not spans:
        raise ValueError("its MP4 structure holds no audio")
    return Sound("mp4", spans)


def _asf(file: BinaryIO, _start: int) -> Sound:
    return Sound("asf", ((min(asf.header_size(file), size_of(file)), size_of(file)),))


def _dsf(file: BinaryIO, _start: int) -> Sound:
    form = dsf.read(file)
    return Sound("dsf", ((form.start, form.end),))


def _chunks(file: BinaryIO, _start: int) -> Sound:
    chunks = riff.read(file).chunks
    spans = tuple((chunk.start, chunk.end) for chunk in chunks if chunk.id in riff.SOUND_CHUNKS)
    formats = [chunk for chunk in chunks if chunk.id in _FORMAT_CHUNKS and chunk.end - chunk.start < 256]
    salt = b"".join(read_at(file, chunk.start, chunk.end - chunk.start) for chunk in formats)
    return Sound("chunks", spans, salt=salt)


_BY_KIND: dict[str, Callable[[BinaryIO, int], Sound]] = {
    "flac": _flac,
    "ogg": _ogg,
    "asf": _asf,
    "dsf": _dsf,
    "mp4": _mp4,
    "wav": _chunks,
    "aiff": _chunks,
}
# Files of no known structure: all that is behind their ID3 tags.
_BARE = magic.MPEG
