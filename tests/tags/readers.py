"""What three readers show of a file: FFmpeg, TagLib and mutagen; and that a write harms none of it."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import mutagen
import taglib

from audiotag.tags.change import Change
from audiotag.tags.safewrite.record import Record, WriteOptions
from audiotag.tags.safewrite.write import safe_write

Shown = dict[str, str]


def by_ffmpeg(path: Path) -> Shown:
    """The tags of file and streams, their names in small letters."""
    with av.open(str(path), metadata_errors="replace") as container:
        shown = {key.lower(): value for key, value in container.metadata.items()}
        for stream in container.streams:
            shown |= {f"{stream.index} {key.lower()}": value for key, value in stream.metadata.items()}
    return shown


def by_taglib(path: Path) -> Shown:
    """TagLib's property map; nothing of a file that it cannot open."""
    try:
        with taglib.File(os.fsencode(path)) as file:
            return {key.lower(): repr(values) for key, values in file.tags.items()}
    except OSError:
        return {}


def by_mutagen(path: Path) -> Shown:
    """All tags as mutagen has them; nothing of a file that it cannot read."""
    try:
        tags: Any = mutagen.File(path).tags
    except (mutagen.MutagenError, AttributeError):
        return {}
    items = tags if isinstance(tags, list) else (tags or {}).items()
    pairs = sorted((str(key), repr(value)) for key, value in items if not _is_genre(str(key)))
    return {f"{key} {number}": value for number, (key, value) in enumerate(pairs)}


def sound_of(path: Path) -> str:
    """A digest of all samples that FFmpeg decodes, and where it stops with a fault."""
    digest = hashlib.sha256()
    with av.open(str(path), metadata_errors="replace") as container, suppress(av.FFmpegError):
        for packet in container.demux(audio=0):
            digest.update(_decoded(packet))
    return digest.hexdigest()


def _decoded(packet: Any) -> bytes:
    try:
        return b"".join(frame.to_ndarray().tobytes() for frame in packet.decode())
    except av.FFmpegError:
        return b"fault"


def write_harmlessly(path: Path, *genres: str) -> None:
    """Write genres; all readers show everything else as before, the sound is the same, and the
    undo gives back every byte. The file is left written."""
    raw, before = path.read_bytes(), _all_but_genre(path)
    records: list[Record] = []
    assert safe_write(path, Change(genres), WriteOptions(on_commit=records.append)).changed
    written = path.read_bytes()
    assert _all_but_genre(path) == before
    (record,) = records
    safe_write(path, Change(record.old["genre"]), WriteOptions(undo_of=record))
    assert path.read_bytes() == raw
    path.write_bytes(written)


def genres_shown(path: Path) -> set[str]:
    """Every value that FFmpeg or TagLib shows for the genre, under whatever name."""
    found = {value for key, value in by_ffmpeg(path).items() if _is_genre(key)}
    return found | {value for key, value in by_taglib(path).items() if _is_genre(key)}


def _all_but_genre(path: Path) -> tuple[Shown, Shown, Shown, str]:
    first, second = (
        {key: value for key, value in shown.items() if not _is_genre(key)}
        for shown in (by_ffmpeg(path), by_taglib(path))
    )
    return first, second, by_mutagen(path), sound_of(path)


def _is_genre(key: str) -> bool:
    name = key.lower()
    if name.startswith("\0"):  # a number in an MP4 file's list of names
        return True
    return "genre" in name or name in ("tcon", "\xa9gen", "gnre")
