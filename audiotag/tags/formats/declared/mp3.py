"""MPEG audio and TTA: ID3v2 in front of the sound, other tags on both sides of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, BinaryIO

from mutagen.mp3 import MPEGInfo
from mutagen.trueaudio import TrueAudio

from audiotag.tags.formats import ape, id3, id3_fields, magic, mp3, mpeg, places
from audiotag.tags.formats.container import Container, Head, Part, Sound, begins_with
from audiotag.tags.formats.declared.apev2 import find_tta_sound, sound_between_tags
from audiotag.tags.formats.keys import ID3
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.spans import Digest, hash_span, read_at
from audiotag.tags.formats.tag_parts import block_parts, id3_parts


def _begins(head: Head) -> bool:
    return mpeg.stands_at(head.file, head.start, magic.FRAMES)


def _open(file: BinaryIO, **options: bool) -> Any:
    """As mutagen's class for MP3, wherever in front of the sound the tag stands."""
    parts = mp3.layout(file)
    main = parts.main
    tags = (
        None if main is None else id3_fields.load(read_at(file, main.start, main.end - main.start), options)
    )
    return SimpleNamespace(tags=tags, info=MPEGInfo(file, parts.start))


def _hash_frames(file: BinaryIO, digest: Digest) -> None:
    start = mp3.layout(file).start
    hash_span(file, start, max(start, ape.payload_end(file)), digest)


def _other_tags(file: BinaryIO) -> Iterator[Part]:
    parts = mp3.layout(file)
    yield from id3_parts(mp3.main_tag(file, parts))
    # Behind the tag, wherever it stands: it moves to the front, and stray bytes around it meet.
    stray = [
        read_at(file, block.start, block.end - block.start) for block in parts.front if block.kind == "stray"
    ]
    yield "stray", b"".join(stray)
    for block in (*parts.front, *parts.tail):
        if block != parts.main and block.kind != "stray":
            yield from block_parts(file, block)


def _find_sound(file: BinaryIO, start: int) -> Sound:
    with suppress(ValueError):
        start = mp3.layout(file).start
    return sound_between_tags(magic.MPEG)(file, start)


def _places(file: BinaryIO) -> Iterator[Place]:
    parts = mp3.layout(file)
    if parts.main is not None:
        yield from places.beside(read_at(file, parts.main.start, parts.main.end - parts.main.start))
    for name, block in parts.others():
        yield from places.of_block(file, name, block)


def _main_tag(file: BinaryIO) -> id3.Tag:
    return mp3.main_tag(file, mp3.layout(file))


MP3 = Container(
    name=magic.MPEG,
    suffixes=(".mp3",),
    begins=_begins,
    open=_open,
    keys=ID3,
    write=mp3.write,
    hash_payload=_hash_frames,
    other_tags=_other_tags,
    find_sound=_find_sound,
    places=_places,
    id3_tag=_main_tag,
)
TTA = Container(
    name="tta",
    suffixes=(".tta",),
    begins=begins_with(*mp3.TTA_MAGICS),
    open=TrueAudio,
    keys=ID3,
    write=mp3.write,
    hash_payload=_hash_frames,
    other_tags=_other_tags,
    find_sound=find_tta_sound,
    places=_places,
    id3_tag=_main_tag,
)
