"""Vorbis comments as bytes: exchange GENRE and keep every other comment, even a damaged one.

mutagen decodes comments with replacement characters, so that one in a wrong encoding would be
altered for good. https://xiph.org/vorbis/doc/v-comment.html describes the format.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

VENDOR = b"audiotag"


@dataclass(frozen=True)
class Comments:
    """A comment block; `rest` is what follows the comments: framing bit, padding, binary data."""

    vendor: bytes = VENDOR
    comments: tuple[bytes, ...] = ()
    rest: bytes = b""

    @property
    def others(self) -> tuple[bytes, ...]:
        """The comments that are not the genre."""
        return tuple(comment for comment in self.comments if not _is_genre(comment))


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


def with_genres(block: Comments, genres: Sequence[str]) -> Comments:
    """The block with one GENRE comment a genre, where the first was, at the end if there was none."""
    comments = list(block.others)
    at = next((i for i, comment in enumerate(block.comments) if _is_genre(comment)), len(comments))
    key = block.comments[at].partition(b"=")[0] if at < len(block.comments) else b"GENRE"
    comments[at:at] = [key + b"=" + genre.encode("utf-8") for genre in genres]
    return Comments(block.vendor, tuple(comments), block.rest)


def _is_genre(comment: bytes) -> bool:
    return comment.partition(b"=")[0].upper() == b"GENRE" and b"=" in comment


def _counted(data: bytes, position: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<I", data, position)
    start, end = position + 4, position + 4 + length
    if end > len(data):
        raise ValueError("its Vorbis comments are damaged: one reaches over the end")
    return data[start:end], end
