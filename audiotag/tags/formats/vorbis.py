"""Vorbis comments as bytes: exchange GENRE and keep every other comment, even a damaged one.

mutagen decodes comments with replacement characters, so that one in a wrong encoding would be
altered for good. https://xiph.org/vorbis/doc/v-comment.html describes the format.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from audiotag.tags.change import OWN_TEXTS, Change

GENRE = "GENRE"
VENDOR = b"audiotag"


@dataclass(frozen=True)
class Comments:
    """A comment block; `rest` is what follows the comments: framing bit, padding, binary data."""

    vendor: bytes = VENDOR
    comments: tuple[bytes, ...] = ()
    rest: bytes = b""

    @property
    def others(self) -> tuple[bytes, ...]:
        """The comments that are neither the genre nor audiotag's own."""
        ours = (GENRE, *OWN_TEXTS)
        return tuple(comment for comment in self.comments if _key(comment) not in ours)


def parse(data: bytes) -> Comments:
    """Cut a block into comments; ValueError where it is shorter than it says."""
    vendor, position = _counted(data, 0)
    (count,) = struct.unpack_from("<I", data, position)
    position += 4
    comments = []
    for _ in range(count):
        comment, position = _counted(data, position)
        comments.append(comment)
    return Comments(vendor, tuple(comments), data[position:])


def render(block: Comments) -> bytes:
    """The block as bytes."""
    texts = b"".join(struct.pack("<I", len(text)) + text for text in block.comments)
    head = struct.pack("<I", len(block.vendor)) + block.vendor + struct.pack("<I", len(block.comments))
    return head + texts + block.rest


def with_change(block: Comments, change: Change) -> Comments:
    """The block with the values that `change` names and all its other comments."""
    for key, values in ((GENRE, change.genres), *change.texts.items()):
        block = _with_values(block, key, values)
    return block


def with_genres(block: Comments, genres: Sequence[str]) -> Comments:
    """The block with these genres and all its other comments."""
    return _with_values(block, GENRE, genres)


def genres(block: Comments) -> tuple[str, ...]:
    """The genres as they are stored."""
    found = (comment for comment in block.comments if _key(comment) == GENRE)
    return tuple(comment.partition(b"=")[2].decode("utf-8", "replace") for comment in found)


def _with_values(block: Comments, key: str, values: Sequence[str]) -> Comments:
    """One comment a value where the first of them was, at the end if there was none."""
    old = block.comments
    at = next((i for i, comment in enumerate(old) if _key(comment) == key), len(old))
    name = old[at].partition(b"=")[0] if at < len(old) else key.encode("ascii")
    comments = [comment for comment in old if _key(comment) != key]
    comments[at:at] = [name + b"=" + value.encode("utf-8") for value in values]
    return Comments(block.vendor, tuple(comments), block.rest)


def _key(comment: bytes) -> str:
    """What a comment is called, in capitals; "" for one without a name."""
    name, equals, _value = comment.partition(b"=")
    return name.upper().decode("latin-1") if equals else ""


def _counted(data: bytes, position: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<I", data, position)
    start, end = position + 4, position + 4 + length
    if end > len(data):
        raise ValueError("its Vorbis comments are damaged: one reaches over the end")
    return data[start:end], end
