"""Frames of an ID3v2 tag made from texts, in each version, and the names in frames of texts."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from audiotag.tags.formats import id3
from audiotag.tags.formats.id3 import Frame

# What ID3v2.2 calls the frames.
_SHORT = {
    b"TALB": b"TAL",
    b"TBPM": b"TBP",
    b"TCMP": b"TCP",
    b"TCOM": b"TCM",
    b"TCON": b"TCO",
    b"TCOP": b"TCR",
    b"TENC": b"TEN",
    b"TEXT": b"TXT",
    b"TIT1": b"TT1",
    b"TIT2": b"TT2",
    b"TIT3": b"TT3",
    b"TKEY": b"TKE",
    b"TLAN": b"TLA",
    b"TMED": b"TMT",
    b"TOAL": b"TOT",
    b"TOPE": b"TOA",
    b"TPE1": b"TP1",
    b"TPE2": b"TP2",
    b"TPE3": b"TP3",
    b"TPE4": b"TP4",
    b"TPOS": b"TPA",
    b"TPUB": b"TPB",
    b"TRCK": b"TRK",
    b"TSRC": b"TRC",
    b"TSSE": b"TSS",
    b"TXXX": b"TXX",
    b"TYER": b"TYE",
    b"COMM": b"COM",
    b"USLT": b"ULT",
}
_LANGUAGE = b"eng"
_LATIN1, _UTF16, _UTF16_BE, _UTF8 = range(4)
_CODECS = {_LATIN1: "latin-1", _UTF16: "utf-16", _UTF16_BE: "utf-16-be", _UTF8: "utf-8"}


def text_frame(version: int, frame_id: bytes, text: str | bytes) -> Frame:
    """A frame of one text; `bytes` stand in it as they are, in the encoding called Latin-1."""
    encoding, encoded = _encoded(version, [text])
    return _framed(version, frame_id, bytes((encoding,)) + encoded)


def user_frame(version: int, name: str, values: Sequence[str]) -> Frame:
    """A TXXX frame of this name."""
    encoding, encoded = _encoded(version, [name, "\0".join(values)])
    return _framed(version, b"TXXX", bytes((encoding,)) + encoded)


def comment_frame(version: int, text: str | bytes) -> Frame:
    """A comment without a description, which is the one that players show."""
    return _described(version, b"COMM", text)


def lyrics_frame(version: int, text: str | bytes) -> Frame:
    """Lyrics without a description."""
    return _described(version, b"USLT", text)


def name_of(frame: Frame) -> str:
    """What a TXXX frame is called; "" where that cannot be read."""
    content = frame.raw[6 if len(frame.id) == 3 else 10 :]
    if not content or content[0] not in _CODECS:
        return ""
    is_wide = content[0] in (_UTF16, _UTF16_BE)
    end = _wide_end(content[1:]) if is_wide else content[1:].find(b"\0")
    return content[1 : 1 + end].decode(_CODECS[content[0]], "replace") if end >= 0 else ""


def _wide_end(content: bytes) -> int:
    return next((at for at in range(0, len(content) - 1, 2) if content[at : at + 2] == b"\0\0"), -1)


def _described(version: int, frame_id: bytes, text: str | bytes) -> Frame:
    encoding, encoded = _encoded(version, ["", text] if isinstance(text, str) else [b"", text])
    return _framed(version, frame_id, bytes((encoding,)) + _LANGUAGE + encoded)


def _encoded(version: int, texts: Sequence[str | bytes]) -> tuple[int, bytes]:
    """The encoding's number, and the texts that each end with a null but for the last."""
    plain = [text for text in texts if isinstance(text, str)]
    if len(plain) < len(texts):
        return _LATIN1, b"\0".join(text for text in texts if isinstance(text, bytes))
    if version == 4:
        return _UTF8, "\0".join(plain).encode("utf-8")
    # Only ASCII is read alike everywhere: players take encoding 0 for their own code page.
    if all(text.isascii() for text in plain):
        return _LATIN1, "\0".join(plain).encode("ascii")
    return _UTF16, b"\0\0".join(b"\xff\xfe" + text.encode("utf-16-le") for text in plain)


def _framed(version: int, frame_id: bytes, content: bytes) -> Frame:
    if version == 4:
        return Frame(frame_id, frame_id + id3.synchsafe(len(content)) + b"\0\0" + content)
    if version == 3:
        return Frame(frame_id, frame_id + struct.pack(">I", len(content)) + b"\0\0" + content)
    short = _SHORT[frame_id]
    return Frame(short, short + struct.pack(">I", len(content))[1:] + content)
