"""ID3 tags byte by byte, in all the versions and states that programs have left behind."""

from __future__ import annotations

import re
import struct
import zlib

from tests.tags.dressing import PICTURE

TITLE, ARTIST, ALBUM = "A title", "Än artist", "An album"


def synchsafe(size: int) -> bytes:
    """Four bytes of seven bits."""
    return bytes((size >> shift) & 127 for shift in (21, 14, 7, 0))


def frame(version: int, name: bytes, content: bytes, flags: bytes = b"\0\0") -> bytes:
    """One frame in the form of ID3v2.2, 2.3 or 2.4."""
    if version == 2:
        return name + len(content).to_bytes(3, "big") + content
    size = synchsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + flags + content


def text(version: int, name: bytes, value: str) -> bytes:
    """A text frame: UTF-8 in 2.4, UTF-16 before."""
    if version == 4:
        return frame(4, name, b"\3" + value.encode("utf-8"))
    return frame(version, name, b"\1\xff\xfe" + value.encode("utf-16-le"))


def tag(version: int, *frames: bytes, flags: int = 0, padding: int = 0, behind: bytes = b"") -> bytes:
    """A whole tag of these frames."""
    body = b"".join(frames) + bytes(padding)
    return b"ID3" + bytes((version, 0, flags)) + synchsafe(len(body)) + body + behind


def names(version: int) -> bytes:
    """Frames for title, artist and album."""
    ids = (b"TT2", b"TP1", b"TAL") if version == 2 else (b"TIT2", b"TPE1", b"TALB")
    return b"".join(text(version, i, v) for i, v in zip(ids, (TITLE, ARTIST, ALBUM), strict=True))


def cover(version: int) -> bytes:
    """A front cover."""
    if version == 2:
        return frame(2, b"PIC", b"\0PNG\3\0" + PICTURE)
    return frame(version, b"APIC", b"\0image/png\0\3\0" + PICTURE)


def genre(version: int, value: str) -> bytes:
    """The genre frame."""
    return text(version, b"TCO" if version == 2 else b"TCON", value)


def unsynchronised(body: bytes) -> bytes:
    """With a zero wherever an MPEG frame might seem to begin."""
    return re.sub(rb"\xff(?=[\x00\xe0-\xff])", b"\xff\x00", body)


def noisy_cover(version: int) -> bytes:
    """A cover full of bytes that unsynchronisation has to part."""
    return frame(version, b"APIC", b"\0image/jpeg\0\3\0" + b"\xff\xd8\xff\xe0" * 300 + b"\xff\0" * 20)


def compressed(name: bytes, content: bytes) -> bytes:
    """A zlib-compressed frame of ID3v2.3."""
    return frame(3, name, struct.pack(">I", len(content)) + zlib.compress(content), b"\0\x80")


def id3v1(
    title: bytes = b"Old title",
    artist: bytes = b"Old artist",
    album: bytes = b"Old album",
    comment: bytes = b"",
    genre: int = 17,
) -> bytes:
    """An ID3v1 block of 128 bytes; genre 17 is Rock, 255 none."""
    fields = [part[:30].ljust(30, b"\0") for part in (title, artist, album)]
    return b"TAG" + b"".join(fields) + b"1999" + comment[:30].ljust(30, b"\0") + bytes((genre,))


def id3v1_of_same(title: str = TITLE) -> bytes:
    """An ID3v1 block with the beginnings of the texts that `names` has."""
    return id3v1(title.encode("latin-1"), ARTIST.encode("latin-1"), ALBUM.encode("latin-1"))


def id3v1_plus() -> bytes:
    """The "TAG+" block of 227 bytes that some programs put in front of ID3v1."""
    fields = [part.ljust(60, b"\0") for part in (b"Longer title", b"Longer artist", b"Longer album")]
    return b"TAG+" + b"".join(fields) + b"\2" + b"Rock music".ljust(30, b"\0") + b"000:00" * 2
