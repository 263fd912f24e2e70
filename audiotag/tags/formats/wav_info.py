"""The INFO list of a WAV file: short texts under names of four letters.

It is older than ID3 in WAV files and many programs still write it alone; FFmpeg does not look at
an ID3 chunk where there is one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

GENRE, ARTIST, ALBUM, TITLE = b"IGNR", b"IART", b"IPRD", b"INAM"
_HEADER_SIZE = 8


@dataclass(frozen=True)
class Entry:
    """One text: its name and all its bytes, header and padding included.

    `id` is empty for bytes at the end that are no entry.
    """

    id: bytes
    raw: bytes

    @property
    def content(self) -> bytes:
        """The text's bytes, without header and padding; all of them of what is no entry."""
        if not self.id:
            return self.raw
        (length,) = struct.unpack_from("<I", self.raw, 4)
        return self.raw[_HEADER_SIZE : _HEADER_SIZE + length]


Entries = tuple[Entry, ...]


def parse(data: bytes) -> Entries:
    """Cut the list's content into entries; what is behind the last whole one is kept as it is."""
    entries = []
    position = 0
    while position + _HEADER_SIZE <= len(data):
        (length,) = struct.unpack_from("<I", data, position + 4)
        end = position + _HEADER_SIZE + length
        if end > len(data):
            break
        # Some writers do not pad: the next name then begins at once.
        end += length % 2 if data[end : end + 1] in (b"\0", b"") else 0
        entries.append(Entry(data[position : position + 4], data[position : min(end, len(data))]))
        position = min(end, len(data))
    rest = data[position:]
    return (*entries, Entry(b"", rest)) if rest else tuple(entries)


def render(entries: Entries) -> bytes:
    """The list's content as bytes."""
    return b"".join(entry.raw for entry in entries)


def texts(entries: Entries) -> dict[bytes, str]:
    """The texts by their names, of several the last, as TagLib and FFmpeg read them."""
    found: dict[bytes, str] = {}
    for entry in entries:
        if not entry.id:
            continue
        text = _text(entry.content.split(b"\0")[0])
        if text:
            found[entry.id] = text
    return found


def with_genre(entries: Entries, genres: Sequence[str]) -> Entries:
    """The entries with these genres as one text where the first genre was, else as the last."""
    at = next((i for i, entry in enumerate(entries) if entry.id == GENRE), None)
    if at is None:
        at = next((i for i, entry in enumerate(entries) if not entry.id), len(entries))
    others = [entry for entry in entries if entry.id != GENRE]
    if genres:
        data = "; ".join(genres).encode("utf-8") + b"\0"
        header = GENRE + struct.pack("<I", len(data))
        if at and len(others[at - 1].raw) % 2:  # the list's last text has no pad byte
            others[at - 1] = Entry(others[at - 1].id, others[at - 1].raw + b"\0")
        others.insert(at, Entry(GENRE, header + data + bytes(len(data) % 2)))
    return tuple(others)


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return text if text.strip() else ""
