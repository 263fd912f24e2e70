"""APEv2 tags byte by byte, well-formed and otherwise."""

from __future__ import annotations

import struct

PREAMBLE_SIZE = 32


def item(key: str, value: bytes | str, kind: int = 0) -> bytes:
    """One item; kind 0 is text, 1 binary, 2 a link."""
    raw = value.encode("utf-8") if isinstance(value, str) else value
    return struct.pack("<2I", len(raw), kind << 1) + key.encode("utf-8") + b"\0" + raw


def tag(
    *items: bytes, count: int | None = None, header: bool = True, version: int = 2000, slack: bytes = b""
) -> bytes:
    """A tag of these items; `count` is what it says of their number, `slack` follows the last one."""
    body = b"".join(items) + slack
    number = len(items) if count is None else count
    flags = 0x80000000 if header else 0

    def preamble(more: int) -> bytes:
        return (
            b"APETAGEX"
            + struct.pack("<4I", version, len(body) + PREAMBLE_SIZE, number, flags | more)
            + bytes(8)
        )

    return (preamble(0x20000000) if header else b"") + body + preamble(0)


def names(title: str = "A title") -> tuple[bytes, ...]:
    """Items for title, artist, album and a replay gain."""
    gain = item("REPLAYGAIN_TRACK_GAIN", "-1.02 dB")
    return item("Title", title), item("Artist", "Än artist"), item("Album", "An album"), gain
