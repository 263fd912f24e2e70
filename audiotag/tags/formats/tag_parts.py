"""What a snapshot holds of single tags: all but the genre and audiotag's own fields, as raw bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from audiotag.tags.formats import ape, id3, id3_fields, vorbis
from audiotag.tags.formats.container import Part
from audiotag.tags.formats.spans import read_at

# What the names of an ID3 tag's parts begin with.
ID3 = "ID3 "


def id3_parts(tag: id3.Tag) -> Iterator[Part]:
    """Its frames, its header and what is behind its frames."""
    others = id3_fields.others(tag)
    for frame in others:
        yield ID3 + frame.id.decode("ascii"), frame.raw
    if others or tag.rest.strip(b"\0"):
        # A tag that holds nothing but a genre may come and go with it.
        yield ID3 + "header", bytes((tag.version, tag.revision, tag.flags))
        yield ID3 + "rest", tag.rest.strip(b"\0")


def vorbis_parts(block: vorbis.Comments) -> Iterator[Part]:
    """Its vendor, its comments and what is behind them."""
    yield "vendor", block.vendor
    for comment in block.others:
        yield "comment " + comment.partition(b"=")[0].decode("ascii", "replace"), comment
    yield "after the comments", block.rest.rstrip(b"\0")


def ape_items(tag: ape.Tag) -> Iterator[Part]:
    """Its items; what is behind them is the caller's."""
    for item in tag.items:
        if not item.is_ours:
            yield "APE " + item.key.decode("ascii", "replace"), item.raw


def block_parts(file: BinaryIO, block: ape.Block) -> Iterator[Part]:
    """A tag beside the main one, without its genre."""
    data = read_at(file, block.start, block.end - block.start)
    try:
        if block.kind == "ape":
            yield from ape_items(ape.parse(data))
        elif block.kind == "id3":
            yield from ((f"{block.kind} {name}", part) for name, part in id3_parts(id3.parse(data)))
        else:
            yield block.kind, data[:-1] if block.kind == "id3v1" else data
    except ValueError:  # damaged, and left as it is
        yield block.kind, data
