"""ID3v2 tags as bytes: cut into frames and put together again.

mutagen writes a tag anew from what it understood of it: frames that it does not know in another
version, that are compressed, damaged or flagged are lost or altered. Here a tag (2.2, 2.3 or 2.4)
is cut into its frames without looking into them, so its version, its frames, their order and
flags stay. https://id3.org/id3v2.3.0 and id3v2.4.0-structure describe the format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

HEADER_SIZE = 10
V1_SIZE = 128
_FRAME_ID = re.compile(rb"[A-Z][A-Z0-9]{2}(?:[A-Z0-9]|\0| )?")
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_MAX_BODY = 1 << 28


@dataclass(frozen=True)
class Frame:
    """One frame: its identifier and all its bytes, header included."""

    id: bytes
    raw: bytes


@dataclass(frozen=True)
class Tag:
    """A tag cut into frames; `rest` is what follows them, as a rule zeros."""

    version: int = 4
    revision: int = 0
    flags: int = 0
    frames: tuple[Frame, ...] = ()
    rest: bytes = b""


def length_at(file: BinaryIO, start: int = 0) -> int:
    """The bytes that an ID3v2 tag at `start` takes, header and footer included; 0 without one."""
    file.seek(start)
    return length_of(file.read(HEADER_SIZE))


def length_of(data: bytes) -> int:
    """The same by what begins with the tag's header."""
    header = data[:HEADER_SIZE]
    if len(header) < HEADER_SIZE or header[:3] != b"ID3" or max(header[6:]) > 0x7F:
        return 0
    footer = HEADER_SIZE if header[3] == 4 and header[5] & _FOOTER else 0
    return HEADER_SIZE + _synchsafe(header[6:]) + footer


def end_in_front(file: BinaryIO) -> int:
    """Where the ID3v2 tags end with which the file begins, as a rule one; 0 without any."""
    end = 0
    while length := length_at(file, end):
        end += length
    return end


def parse(data: bytes) -> Tag:
    """Cut a whole tag into frames; ValueError where it is no tag of a known version."""
    if data[:3] != b"ID3" or len(data) < HEADER_SIZE or data[3] not in (2, 3, 4):
        raise ValueError("no ID3v2.2, 2.3 or 2.4 tag")
    version, revision, flags = data[3], data[4], data[5]
    body = data[HEADER_SIZE : HEADER_SIZE + _synchsafe(data[6:HEADER_SIZE])]
    if version == 2 and flags & _EXTENDED:
        raise ValueError("a compressed ID3v2.2 tag, for which no method was ever defined")
    if version < 4 and flags & _UNSYNCHRONISED:
        # Written anew it is without: FFmpeg loses its way at the first byte that is put in.
        flags, body = flags & ~_UNSYNCHRONISED, _synchronised(body)
    # The extended header holds a checksum and the padding's size, both wrong after a change.
    if flags & _EXTENDED:
        flags, body = flags & ~_EXTENDED, body[_extended_size(version, body) :]
    if version == 4:
        flags &= ~_FOOTER
    frames, rest = _cut(version, body, synchsafe=version == 4)
    if version == 4 and rest.strip(b"\0"):
        # Old iTunes wrote plain integers as frame sizes into 2.4 tags.
        plain = _cut(version, body, synchsafe=False)
        if not plain[1].strip(b"\0"):
            frames, rest = plain
    return Tag(version, revision, flags, frames, rest)


def render(tag: Tag) -> bytes:
    """The whole tag as bytes; nothing at all for a tag without frames, which the format forbids.

    One that has padding is written all the same: so it was found, and its version is to stay.
    """
    if not tag.frames and not tag.rest:
        return b""
    body = b"".join(frame.raw for frame in tag.frames) + tag.rest
    if len(body) >= _MAX_BODY:
        raise ValueError("the ID3 tag would be larger than the format allows")
    return b"ID3" + bytes((tag.version, tag.revision, tag.flags)) + synchsafe(len(body)) + body


def with_footer(data: bytes) -> bytes:
    """A whole ID3v2.4 tag with the copy of its header behind it by which it is found from the end."""
    header = data[3:5] + bytes((data[5] | _FOOTER,)) + data[6:HEADER_SIZE]
    return b"ID3" + header + data[HEADER_SIZE:] + b"3DI" + header


def has_footer(data: bytes) -> bool:
    """Whether a whole tag ends with a copy of its header."""
    return bool(data[3] == 4 and data[5] & _FOOTER)


def _cut(version: int, body: bytes, *, synchsafe: bool) -> tuple[tuple[Frame, ...], bytes]:
    id_size, header_size = (3, 6) if version == 2 else (4, 10)
    frames = []
    position = 0
    while position + header_size <= len(body):
        frame_id = body[position : position + id_size]
        size_bytes = body[position + id_size : position + 2 * id_size]
        size = _synchsafe(size_bytes) if synchsafe else int.from_bytes(size_bytes, "big")
        end = position + header_size + size
        if not _FRAME_ID.fullmatch(frame_id) or end > len(body):
            break
        frames.append(Frame(frame_id, body[position:end]))
        position = end
    return tuple(frames), body[position:]


def synchsafe(size: int) -> bytes:
    """A size as four bytes of seven bits each."""
    return bytes((size >> 7 * shift) & 0x7F for shift in (3, 2, 1, 0))


def _synchsafe(data: bytes) -> int:
    size = 0
    for byte in data:
        size = size << 7 | byte & 0x7F
    return size


def _synchronised(body: bytes) -> bytes:
    if re.search(rb"\xff[\xe0-\xff]", body):
        return body  # the flag is there, the encoding is not
    return body.replace(b"\xff\x00", b"\xff")


def _extended_size(version: int, body: bytes) -> int:
    """The extended header's length; 0 where the flag is set but a frame follows at once."""
    if _FRAME_ID.fullmatch(body[:4]):
        return 0
    if version == 4:
        return _synchsafe(body[:4])
    return 4 + int.from_bytes(body[:4], "big")
