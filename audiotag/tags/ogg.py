"""Ogg streams (Vorbis, Opus, Speex): exchange the comment packet, keep all other packets.

The pages are cut and joined by mutagen's OggPage; what the comments say is ours to keep.
https://www.rfc-editor.org/rfc/rfc3533 describes the pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from mutagen.ogg import OggPage

from audiotag.tags import vorbis
from audiotag.tags.change import Change
from audiotag.tags.spans import padding_after, read_at

# What the first packet of a stream begins with → what its comment packet begins with.
COMMENT_MARKS = {b"\x01vorbis": b"\x03vorbis", b"OpusHead": b"OpusTags", b"Speex   ": b""}
_CHECKSUM = slice(22, 26)


@dataclass(frozen=True)
class CommentPacket:
    """The comment packet, the pages that it lies on and the mark that it begins with."""

    mark: bytes
    framing: bytes
    pages: tuple[OggPage, ...]
    comments: vorbis.Comments


def pages(file: BinaryIO) -> Iterator[OggPage]:
    """All pages from the beginning of the file.

    Raises mutagen's error where the file is no chain of pages, and ValueError where a page's
    checksum is wrong: a decoder leaves that page out, and writing it anew would let it in.
    """
    file.seek(0)
    while True:
        try:
            page = OggPage(file)
        except EOFError:
            return
        # The caller may move the position between two pages.
        following = file.tell()
        start = page.offset or 0
        if read_at(file, start + _CHECKSUM.start, 4) != page.write()[_CHECKSUM]:
            raise ValueError(f"its Ogg page at byte {start} is damaged")
        yield page
        file.seek(following)


def stream_of(page: OggPage) -> bytes | None:
    """The key in COMMENT_MARKS if this page begins such a stream."""
    packet = page.packets[0] if page.first and page.packets else b""
    return next((mark for mark in COMMENT_MARKS if packet.startswith(mark)), None)


def read(file: BinaryIO) -> CommentPacket:
    """The comments of the first stream in the file that carries music."""
    stream, serial = None, None
    found: list[OggPage] = []
    for page in pages(file):
        if stream is None:
            stream, serial = stream_of(page), page.serial
        elif page.serial == serial:
            found.append(page)
            if page.complete or len(page.packets) > 1:
                break
    if stream is None or not found:
        raise ValueError("no Vorbis, Opus or Speex stream with comments")
    packet: bytes = OggPage.to_packets(found)[0]
    mark = COMMENT_MARKS[stream]
    if not packet.startswith(mark):
        raise ValueError("its second Ogg packet does not hold comments")
    comments = vorbis.parse(packet[len(mark) :])
    framing = comments.rest[:1] if mark == b"\x03vorbis" else b""
    return CommentPacket(mark, framing, tuple(found), comments)


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; the pages of the comments are laid anew if their length changes."""
    old = read(file)
    new = vorbis.with_change(old.comments, change)
    padding = new.rest[len(old.framing) :]
    if not padding.strip(b"\0"):
        growth = len(vorbis.render(new)) - len(vorbis.render(old.comments))
        rest = old.framing + bytes(padding_after(len(padding), growth))
        new = vorbis.Comments(new.vendor, new.comments, rest)
    packet = old.mark + vorbis.render(new)
    packets = OggPage.to_packets(old.pages)
    if len(packet) == len(packets[0]):
        _write_in_place(file, old.pages, packet)
        return
    first = old.pages[0].sequence
    replacement = OggPage.from_packets([packet, *packets[1:]], first)
    OggPage.replace(file, list(old.pages), replacement)


def _write_in_place(file: BinaryIO, old_pages: Sequence[OggPage], packet: bytes) -> None:
    position = 0
    for page in old_pages:
        length = len(page.packets[0])
        page.packets[0] = packet[position : position + length]
        position += length
        file.seek(page.offset or 0)
        file.write(page.write())
