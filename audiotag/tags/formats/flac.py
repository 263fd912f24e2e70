"""FLAC metadata blocks: exchange the Vorbis comment block and leave the others as they are.

https://www.rfc-editor.org/rfc/rfc9639 describes the format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from audiotag.tags.change import PLACE, Change
from audiotag.tags.formats import ape, carried, id3, mp3, vorbis
from audiotag.tags.formats.spans import padding_after, read_at, replace_span, size_of

MAGIC = b"fLaC"
STREAMINFO, PADDING, COMMENTS = 0, 1, 4
_MAX_BLOCK = 1 << 24


@dataclass(frozen=True)
class Block:
    """One metadata block: its type and its content without the header."""

    type: int
    data: bytes


@dataclass(frozen=True)
class Metadata:
    """All metadata blocks: they lie from `start` up to `end`, where the audio frames begin."""

    start: int
    end: int
    blocks: tuple[Block, ...]

    @property
    def comments(self) -> vorbis.Comments:
        """The first comment block, which is the one that readers take; empty without one."""
        found = next((block.data for block in self.blocks if block.type == COMMENTS), None)
        return vorbis.Comments() if found is None else vorbis.parse(found)


def read(file: BinaryIO) -> Metadata:
    """Read the metadata blocks; ValueError where they do not lead to an audio frame."""
    start = id3.end_in_front(file) + len(MAGIC)
    blocks: list[Block] = []
    position, is_last = start, False
    while not is_last:
        header = read_at(file, position, 4)
        is_last = bool(header[0] & 0x80)
        length = int.from_bytes(header[1:], "big")
        if position + 4 + length > size_of(file):
            raise ValueError("it is cut off within its FLAC blocks")
        blocks.append(Block(header[0] & 0x7F, read_at(file, position + 4, length)))
        position += 4 + length
    if blocks[0].type != STREAMINFO:
        raise ValueError("its first FLAC block is not the stream information")
    sync = read_at(file, position, min(2, size_of(file) - position))
    # A wrong block length, which some taggers wrote, shows here: no frame where one must be.
    if sync and (sync[0] != 0xFF or len(sync) < 2 or sync[1] & 0xFC != 0xF8):
        raise ValueError("its FLAC blocks do not lead to an audio frame")
    return Metadata(start, position, tuple(blocks))


def excerpt(file: BinaryIO) -> bytes:
    """The stream up to its frames, for mutagen, which takes one ID3 tag in front at most.

    ValueError where its comments are damaged.
    """
    metadata = read(file)
    vorbis.render(metadata.comments)
    start = metadata.start - len(MAGIC)
    return read_at(file, start, metadata.end - start)


def main_comments(file: BinaryIO, metadata: Metadata) -> vorbis.Comments:
    """The comments that a write starts from.

    Of a file without any, what its ID3 tags say: comments hide those from many readers, so they
    have to repeat it.
    """
    comments = metadata.comments
    return comments if comments.comments else _heir(file, metadata, comments)


def _heir(file: BinaryIO, metadata: Metadata, empty: vorbis.Comments) -> vorbis.Comments:
    fields: dict[str, tuple[str, ...]] = {}
    for _name, block in id3_blocks(file, metadata):
        data = read_at(file, block.start, block.end - block.start)
        found = carried.of_v1_block(data) if block.kind == "id3v1" else carried.of_id3(data)
        fields = {**found, **fields}
    genres = fields.pop(vorbis.GENRE, ())
    fields = {**fields, vorbis.GENRE: genres}
    pairs = [(name, value) for name, values in fields.items() for value in values]
    return replace(empty, comments=tuple(f"{name}={value}".encode() for name, value in pairs))


def id3_blocks(file: BinaryIO, metadata: Metadata) -> list[tuple[str, ape.Block]]:
    """The ID3 tags in front of the stream and behind it, with a name for each that may say a genre."""
    front = tuple(mp3.tags_from(file, 0))
    tail = tuple(block for block in ape.blocks_at_end(file) if block.start >= metadata.end)
    named = mp3.Layout(front, tail).all()
    return [(name, block) for name, block in named if block.kind in ("id3", "id3v1")]


def later_comments(metadata: Metadata) -> list[tuple[str, int]]:
    """The comment blocks behind the first, by their places, with a name for each."""
    places = [i for i, block in enumerate(metadata.blocks) if block.type == COMMENTS]
    return [(f"{PLACE}comments ({n})", place) for n, place in enumerate(places[1:], 2)]


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; padding takes up the change where it can."""
    metadata = read(file)
    comments = vorbis.with_change(main_comments(file, metadata), change)
    for name, block in sorted(id3_blocks(file, metadata), key=lambda tag: tag[1].start, reverse=True):
        new = mp3.written(file, name, block, change, is_first=False)
        replace_span(file, block.start, block.end - block.start, new)
    metadata = read(file)
    if change.takes_back and comments == _heir(file, metadata, vorbis.Comments()):
        comments = vorbis.Comments()  # made by this program for its genre
    blocks = _with_later(_with_comments(metadata, comments), metadata, change)
    growth = len(_render(blocks)) - (metadata.end - metadata.start)
    for i in reversed(range(len(blocks))):
        if blocks[i].type == PADDING:
            blocks[i] = Block(PADDING, bytes(padding_after(len(blocks[i].data), growth)))
            break
    replace_span(file, metadata.start, metadata.end - metadata.start, _render(blocks))


def _with_later(blocks: list[Block], metadata: Metadata, change: Change) -> list[Block]:
    """FFmpeg adds the genres of all comment blocks together, so the later ones lose theirs."""
    places = [i for i, block in enumerate(blocks) if block.type == COMMENTS]
    for (name, _place), place in zip(later_comments(metadata), places[1:], strict=False):
        values = change.elsewhere_of(name, ())
        if values is not None:
            comments = vorbis.parse(blocks[place].data)
            blocks[place] = Block(COMMENTS, vorbis.render(vorbis.with_genres(comments, values)))
    return blocks


def _with_comments(metadata: Metadata, comments: vorbis.Comments) -> list[Block]:
    blocks = list(metadata.blocks)
    at = next((i for i, block in enumerate(blocks) if block.type == COMMENTS), None)
    new = [Block(COMMENTS, vorbis.render(comments))]
    # An empty block that this program had added goes again with its last comment.
    if comments == vorbis.Comments():
        new = []
    if at is None:
        blocks[1:1] = new
    else:
        blocks[at : at + 1] = new
    return blocks


def _render(blocks: Sequence[Block]) -> bytes:
    out = bytearray()
    for i, block in enumerate(blocks):
        if len(block.data) >= _MAX_BLOCK:
            raise ValueError("a FLAC block would be larger than the format allows")
        is_last = 0x80 if i == len(blocks) - 1 else 0
        out += bytes((block.type | is_last,)) + len(block.data).to_bytes(3, "big") + block.data
    return bytes(out)
