"""FLAC."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.flac import FLAC as MUTAGEN_FLAC

from audiotag.tags.formats import ape, flac, places, vorbis
from audiotag.tags.formats.container import Container, Part, Sound, begins_with
from audiotag.tags.formats.keys import VORBIS
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.spans import Digest, hash_span, read_at
from audiotag.tags.formats.tag_parts import block_parts, vorbis_parts

_MOST_BLOCKS = 1_000


def _open(file: BinaryIO) -> Any:
    return MUTAGEN_FLAC(BytesIO(flac.excerpt(file)))


def _hash_frames(file: BinaryIO, digest: Digest) -> None:
    metadata = flac.read(file)
    digest.update(metadata.blocks[0].data)
    hash_span(file, metadata.end, max(metadata.end, ape.payload_end(file)), digest)


def _other_tags(file: BinaryIO) -> Iterator[Part]:
    metadata = flac.read(file)
    tags = [block for _name, block in flac.id3_blocks(file, metadata)]
    for block in tags:
        yield from block_parts(file, block)
    yield from vorbis_parts(flac.main_comments(file, metadata))
    is_first = True
    for metadata_block in metadata.blocks:
        if metadata_block.type == flac.COMMENTS:
            if not is_first:
                yield from vorbis_parts(vorbis.parse(metadata_block.data))
            is_first = False
        elif metadata_block.type != flac.PADDING:
            yield f"FLAC block {metadata_block.type}", metadata_block.data


def _find_sound(file: BinaryIO, start: int) -> Sound:
    position, info, is_last = start + len(flac.MAGIC), b"", False
    for _ in range(_MOST_BLOCKS):
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


def _places(file: BinaryIO) -> Iterator[Place]:
    metadata = flac.read(file)
    for name, place in flac.later_comments(metadata):
        genres = vorbis.genres(vorbis.parse(metadata.blocks[place].data))
        yield Place(name, genres, {VORBIS.genre: genres}, VORBIS)
    for name, block in flac.id3_blocks(file, metadata):
        yield from places.of_block(file, name, block)


def _inherited_genres(file: BinaryIO) -> tuple[str, ...]:
    return vorbis.genres(flac.main_comments(file, flac.read(file)))


FLAC = Container(
    name="flac",
    suffixes=(".flac",),
    begins=begins_with(flac.MAGIC),
    open=_open,
    keys=VORBIS,
    write=flac.write,
    hash_payload=_hash_frames,
    other_tags=_other_tags,
    find_sound=_find_sound,
    places=_places,
    inherited_genres=_inherited_genres,
)
