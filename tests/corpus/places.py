"""Every place in a file that may hold a genre, each by itself.

A reader shows one place; which one depends on the reader. So all of them have to say the same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from mutagen import MutagenError
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, TCON

from tests.corpus.sound import without_id3

# Their readers throw an ID3v2 tag in front away.
_WITHOUT_ID3 = (b"MPCK", b"MP+\x07", b"MAC ", b"wvpk", b"OggS")
_V1_GENRES = tuple(TCON.GENRES)


def genres_by_place(path: Path) -> dict[str, tuple[str, ...]]:
    """The genres in each place that holds some; a place that is damaged is left out."""
    data = path.read_bytes()
    found: dict[str, tuple[str, ...]] = {}
    for name, genres in (*_heads(path, data), *_tails(path, data), *_riff(data), *_flac(data)):
        count = sum(other.startswith(name) for other in found)
        if genres:
            found[f"{name} {count + 1}" if count else name] = tuple(genres)
    return found


def fits_id3v1(genre: str) -> bool:
    """Whether this genre has a number in ID3v1's list."""
    return genre in _V1_GENRES


def _heads(path: Path, data: bytes) -> Iterator[tuple[str, list[str]]]:
    if data[:4] in (b"RIFF", b"FORM", b"OggS", b"DSD ", b"MPCK", b"MP+\x07"):
        return
    at = data.find(b"ID3", 0, 8192)
    if at >= 0 and not without_id3(data[at:]).startswith(_WITHOUT_ID3):
        yield "ID3v2", _id3_genres(data[at:])


def _tails(path: Path, data: bytes) -> Iterator[tuple[str, list[str]]]:
    block = data[-128:]
    if block.startswith(b"TAG") and len(block) == 128 and block[127] < len(_V1_GENRES):
        yield "ID3v1", [_V1_GENRES[block[127]]]
    if without_id3(data).startswith(b"fLaC"):
        return  # nobody looks for an APEv2 tag there
    try:
        tag = APEv2(path)
        yield "APEv2", [str(genre) for key in tag if key.lower() == "genre" for genre in tag[key]]
    except (MutagenError, ValueError, TypeError):
        return


def _riff(data: bytes) -> Iterator[tuple[str, list[str]]]:
    if data[:4] not in (b"RIFF", b"FORM"):
        return
    order = "<" if data[:4] == b"RIFF" else ">"
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack(order + "4sI", data[position : position + 8])
        body = data[position + 8 : position + 8 + size]
        if name.upper() == b"ID3 ":
            yield "ID3 chunk", _id3_genres(body)
        if name == b"LIST" and body.startswith(b"INFO"):
            yield "INFO", _info_genres(body[4:])
        position += 8 + size + size % 2


def _info_genres(body: bytes) -> list[str]:
    genres, position = [], 0
    while position + 8 <= len(body):
        name, size = struct.unpack("<4sI", body[position : position + 8])
        text = body[position + 8 : position + 8 + size].split(b"\0")[0]
        if name == b"IGNR" and text.strip():
            genres.append(_legible(text))
        position += 8 + size + size % 2
    return genres


def _legible(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _flac(data: bytes) -> Iterator[tuple[str, list[str]]]:
    data = without_id3(data)
    position, is_last = 4, not data.startswith(b"fLaC")
    while not is_last and position + 4 <= len(data):
        is_last, kind = bool(data[position] & 0x80), data[position] & 0x7F
        size = int.from_bytes(data[position + 1 : position + 4], "big")
        if kind == 4:
            yield "comment block", _vorbis_genres(data[position + 4 : position + 4 + size])
        position += 4 + size


def _vorbis_genres(block: bytes) -> list[str]:
    genres = []
    (length,) = struct.unpack("<I", block[:4])
    position = 4 + length
    (count,) = struct.unpack("<I", block[position : position + 4])
    position += 4
    for _ in range(count):
        (length,) = struct.unpack("<I", block[position : position + 4])
        key, _, value = block[position + 4 : position + 4 + length].partition(b"=")
        if key.lower() == b"genre" and value.strip():
            genres.append(value.decode("utf-8", "replace"))
        position += 4 + length
    return genres


def _id3_genres(data: bytes) -> list[str]:
    try:
        tag = ID3(BytesIO(data), load_v1=False)
    except Exception:  # a damaged tag shows nothing
        return []
    texts = [str(text) for frame in tag.getall("TXXX") if frame.desc.upper() == "GENRE" for text in frame]
    return [genre for frame in tag.getall("TCON") for genre in frame.genres] + texts
