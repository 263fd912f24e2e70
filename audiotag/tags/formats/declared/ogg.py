"""Ogg: Vorbis, Opus, Speex and FLAC in its pages."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis

from audiotag.tags.formats import ogg, ogg_pages
from audiotag.tags.formats.container import Container, Part, Sound, Span, begins_with
from audiotag.tags.formats.keys import VORBIS as VORBIS_KEYS
from audiotag.tags.formats.spans import BLOCK, Digest, hash_span, read_at, size_of
from audiotag.tags.formats.tag_parts import vorbis_parts

_MAGIC = b"OggS"
_PAGE_HEADER = 27
# Headers, a huge picture in the comments among them, are at most so long.
_MOST_HEADER_PAGES = 2_000


def _hash_packets(file: BinaryIO, digest: Digest) -> None:
    """All packets but the comments, and where in time they end; not how they lie on pages.

    And what is wrong with the pages, and all bytes between and behind them.
    """
    comment_pages = {page.start for page in ogg.read(file).pages}
    packets = 0
    numbers: dict[int, int] = {}
    for page in ogg_pages.scan(file):
        if isinstance(page, ogg_pages.Gap):
            digest.update(b"no page;")
            hash_span(file, page.start, page.end, digest)
            continue
        jump = page.sequence - numbers.get(page.serial, page.sequence - 1) - 1
        numbers[page.serial] = page.sequence
        if page.fault or (jump and not page.is_first):
            digest.update(b"fault %d, jump %d;" % (page.fault, jump))
        for i, (packet, is_whole) in enumerate(page.packets):
            if i == 0 and page.start in comment_pages:
                continue
            digest.update(packet)
            if is_whole:
                packets += 1
                digest.update(b"packet %d of %d;" % (packets, page.serial))
        if page.granule not in (0, ogg_pages.NO_GRANULE):
            digest.update(b"granule %d after %d;" % (page.granule, packets))


def _other_tags(file: BinaryIO) -> Iterator[Part]:
    yield from vorbis_parts(ogg.read(file).comments)


def _find_sound(file: BinaryIO, _start: int) -> Sound:
    """From the first page that says when its sound ends.

    A longer comment renumbers the pages behind it, which changes their headers but not what is
    in them: so the sound is told by the bodies of its first and last pages, and where they end.
    """
    position, serial = 0, b""
    for _ in range(_MOST_HEADER_PAGES):
        header = read_at(file, position, _PAGE_HEADER)
        if header[:4] != _MAGIC:
            window = read_at(file, position, min(BLOCK, size_of(file) - position))
            if _MAGIC not in window:
                raise ValueError("its Ogg pages do not follow one another")
            position += window.index(_MAGIC)
            continue
        sizes = read_at(file, position + _PAGE_HEADER, header[26])
        serial = serial or header[14:18]
        (granule,) = struct.unpack("<q", header[6:14])
        body = position + _PAGE_HEADER + len(sizes)
        if granule > 0:
            tail = _last_page(file, body)
            salt = serial + header[6:14] + tail[6:14]
            return Sound("ogg", ((body, body + sum(sizes)), *_samples(file, position)), salt=salt)
        position = body + sum(sizes)
    raise ValueError("no sound in its first Ogg pages")


def _samples(file: BinaryIO, first: int) -> tuple[Span, ...]:
    """The bodies of pages spread over the sound, found by their magic."""
    end = size_of(file)
    found = []
    for part in (1, 2, 3, 4, 5, 6, 7, 8):
        place = first + (end - first) * part // 9
        window = read_at(file, place, min(BLOCK >> 3, end - place))
        at = window.find(_MAGIC)
        if at < 0 or at + _PAGE_HEADER > len(window):
            continue
        count = window[at + 26]
        start = place + at + _PAGE_HEADER + count
        length = sum(window[at + _PAGE_HEADER : at + _PAGE_HEADER + count])
        if start + length <= end:
            found.append((start, start + length))
    return tuple(dict.fromkeys(found))


def _last_page(file: BinaryIO, least: int) -> bytes:
    end = size_of(file)
    start = max(least, end - (BLOCK >> 3))
    window = read_at(file, start, end - start)
    at = window.rfind(_MAGIC)
    return window[at : at + _PAGE_HEADER] if at >= 0 else bytes(_PAGE_HEADER)


def _first_stream(file: BinaryIO) -> bytes:
    for page in ogg_pages.pages(file):
        stream = ogg.stream_of(page)
        if stream is not None:
            return stream
        if not page.is_first:
            break
    raise ValueError("an Ogg file without Vorbis, Opus, Speex or FLAC; its tags are not supported")


def _ogg(name: str, suffixes: tuple[str, ...], stream: bytes, kind: Callable[[BinaryIO], Any]) -> Container:
    """stream: its key in ogg.COMMENT_MAGICS. kind: mutagen's class, to which whole pages are given."""
    return Container(
        name=name,
        suffixes=suffixes,
        begins=begins_with(_MAGIC),
        open=lambda file: kind(BytesIO(ogg.excerpt(file))),
        keys=VORBIS_KEYS,
        write=ogg.write,
        hash_payload=_hash_packets,
        other_tags=_other_tags,
        find_sound=_find_sound,
        is_one=lambda file: _first_stream(file) == stream,
    )


VORBIS = _ogg("vorbis", (".ogg", ".oga"), b"\x01vorbis", OggVorbis)
OGG_FLAC = _ogg("oggflac", (), b"\x7fFLAC", OggFLAC)
OPUS = _ogg("opus", (".opus",), b"OpusHead", OggOpus)
SPEEX = _ogg("speex", (".spx",), b"Speex   ", OggSpeex)
