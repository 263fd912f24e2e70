"""FLAC metadata blocks: exchange the Vorbis comment block and leave the others as they are.

https://www.rfc-editor.org/rfc/rfc9639 describes the format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from audiotag.tags import id3, vorbis
from audiotag.tags.change import Change
from audiotag.tags.spans import padding_after, read_at, replace_span, size_of

MARK = b"fLaC"
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
    start = id3.length_at(file)
    if read_at(file, start, len(MARK)) != MARK:
        raise ValueError("no FLAC stream")
    start += len(MARK)
    blocks: list[Block] = []
    position, is_last = start, False
    while not is_last:
        header = read_at(file, position, 4)
        is_last = bool(header[0] & 0x80)
        length = int.from_bytes(header[1:], "big")
        blocks.append(Block(header[0] & 0x7F, read_at(file, position + 4, length)))
        position += 4 + length
    if blocks[0].type != STREAMINFO:
        raise ValueError("its first FLAC block is not the stream information")
    sync = read_at(file, position, min(2, size_of(file) - position))
    # A wrong block length, which some taggers wrote, shows here: no frame where one must be.
    if sync and (sync[0] != 0xFF or len(sync) < 2 or sync[1] & 0xFC != 0xF8):
        raise ValueError("its FLAC blocks do not lead to an audio frame")
    return Metadata(start, position, tuple(blocks))


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; padding takes up the change where it can."""
    metadata = read(file)
    blocks = _with_comments(metadata, vorbis.with_change(metadata.comments, change))
    growth = len(_render(blocks)) - (metadata.end - metadata.start)
    for i in reversed(range(len(blocks))):
        if blocks[i].type == PADDING:
            blocks[i] = Block(PADDING, bytes(padding_after(len(blocks[i].data), growth)))
            break
    replace_span(file, metadata.start, metadata.end - metadata.start, _render(blocks))


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
