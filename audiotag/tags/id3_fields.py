"""The frames of an ID3v2 tag that audiotag writes: the genre, and TXXX frames of its own."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from audiotag.tags import id3, id3_versions
from audiotag.tags.change import OWN_TEXTS, Change
from audiotag.tags.id3 import Frame, Tag
from audiotag.tags.spans import padding_after, replace_span

# The last two are what some taggers write: 2.2 names in a 2.3 tag.
_GENRE_IDS = frozenset({b"TCO", b"TCON", b"TCO\0", b"TCO "})
_TEXT_IDS = frozenset({b"TXX", b"TXXX"})
_GENRE = "genre"


def others(tag: Tag) -> tuple[Frame, ...]:
    """The frames that are neither the genre nor audiotag's own."""
    return tuple(frame for frame in tag.frames if field_of(frame) is None)


def field_of(frame: Frame) -> str | None:
    """Which field a frame is: "genre", a name of OWN_TEXTS, or None."""
    if frame.id in _GENRE_IDS:
        return _GENRE
    if frame.id not in _TEXT_IDS:
        return None
    content = frame.raw[6 if len(frame.id) == 3 else 10 :]
    return next((name for name in OWN_TEXTS if content.startswith(_heads(name))), None)


def _heads(name: str) -> tuple[bytes, ...]:
    """How a TXXX frame of this name begins: in Latin-1, UTF-8 or UTF-16."""
    plain = name.encode("ascii") + b"\0"
    return b"\0" + plain, b"\3" + plain, b"\1\xff\xfe" + name.encode("utf-16-le") + b"\0\0"


def with_change(tag: Tag, change: Change) -> Tag:
    """The tag with the values that `change` names; padding gives way, all other frames stay."""
    if change.id3_version is not None and tag.version != change.id3_version:
        tag = id3_versions.convert(tag, change.id3_version)
    frames = list(tag.frames)
    for name, values in ((_GENRE, change.genres), *change.texts.items()):
        at = next((i for i, frame in enumerate(frames) if field_of(frame) == name), len(frames))
        frames = [frame for frame in frames if field_of(frame) != name]
        if values:
            frames.insert(at, _frame(tag.version, name, values))
    rest = tag.rest
    if not rest.strip(b"\0"):
        growth = sum(len(f.raw) for f in frames) - sum(len(f.raw) for f in tag.frames)
        rest = bytes(padding_after(len(rest), growth))
    return replace(tag, frames=tuple(frames), rest=rest)


def write_head(file: BinaryIO, change: Change) -> None:
    """Carry out a change in the tag in front of the audio; the file grows or shrinks as needed."""
    length = id3.length_at(file)
    replace_span(file, 0, length, id3.render(with_change(id3.read_head(file), change)))


def _frame(version: int, name: str, values: Sequence[str]) -> Frame:
    if name == _GENRE:
        # Up to 2.3 a text frame holds one text, in which "/" parts the genres.
        text = ("\0" if version == 4 else "/").join(values)
        return _made(version, b"TCON", [text])
    return _made(version, b"TXXX", [name, "\0".join(values)])


def _made(version: int, frame_id: bytes, texts: Sequence[str]) -> Frame:
    """A frame of texts that each end with a null but for the last."""
    if version == 4:
        content = b"\x03" + "\0".join(texts).encode("utf-8")
        return Frame(frame_id, frame_id + id3.synchsafe(len(content)) + b"\0\0" + content)
    # Only ASCII is read alike everywhere: players take encoding 0 for their own code page.
    if all(text.isascii() for text in texts):
        content = b"\x00" + "\0".join(texts).encode("ascii")
    else:
        content = b"\x01" + b"\0\0".join(b"\xff\xfe" + text.encode("utf-16-le") for text in texts)
    if version == 3:
        return Frame(frame_id, frame_id + struct.pack(">I", len(content)) + b"\0\0" + content)
    short = {b"TCON": b"TCO", b"TXXX": b"TXX"}[frame_id]
    return Frame(short, short + struct.pack(">I", len(content))[1:] + content)
