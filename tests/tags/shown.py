"""What the readers behind most players and taggers show of a file: mutagen, TagLib and FFmpeg."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import mutagen
import taglib

from audiotag.tags.change import Change
from audiotag.tags.safewrite.record import Record, WriteOptions
from audiotag.tags.safewrite.write import safe_write


def by_taglib(path: Path) -> dict[str, list[str]]:
    """TagLib's property map: Navidrome, Strawberry, Kodi, VLC."""
    with taglib.File(path) as file:
        return {name: list(values) for name, values in file.tags.items()}


def by_ffmpeg(path: Path) -> dict[str, str]:
    """FFmpeg's metadata: mpv, Jellyfin and many others; its names in small letters."""
    with av.open(str(path), metadata_errors="replace") as container:
        found = {**container.streams.audio[0].metadata, **container.metadata}
    return {name.lower(): value for name, value in found.items() if name != "encoder"}


def by_mutagen(path: Path) -> dict[str, str]:
    """What mutagen finds without being told what the file is: beets, Picard, Quod Libet."""
    audio: Any = mutagen.File(path)
    return {} if audio is None or audio.tags is None else {k: str(v) for k, v in audio.tags.items()}


def sound_of(path: Path) -> str:
    """A digest of all that FFmpeg decodes, packets that it cannot decode left out."""
    digest = hashlib.sha256()
    with av.open(str(path), metadata_errors="replace") as container:
        for packet in container.demux(audio=0):
            with suppress(av.FFmpegError):
                for frame in packet.decode():
                    digest.update(frame.to_ndarray().tobytes())
    return digest.hexdigest()


def checked_write(path: Path, *genres: str) -> None:
    """Write genres; afterwards the same sound, every field that TagLib and FFmpeg showed, and after
    an undo every byte. The file is left written."""
    raw, sound = path.read_bytes(), sound_of(path)
    readers: tuple[Callable[[Path], dict[str, Any]], ...] = (by_taglib, by_ffmpeg)
    before = [reader(path) for reader in readers]
    records: list[Record] = []
    assert safe_write(path, Change(genres), WriteOptions(on_commit=records.append)).changed
    written = path.read_bytes()
    assert sound_of(path) == sound
    for reader, old in zip(readers, before, strict=True):
        new = reader(path)
        # A freeform frame's name becomes that which Vorbis comments have for the same thing.
        lost = {name: old[name] for name in old if " " not in name and new.get(name) != old[name]}
        assert set(lost) <= {"GENRE", "genre"}, lost
    (record,) = records
    safe_write(path, Change(record.old["genre"]), WriteOptions(undo_of=record))
    assert path.read_bytes() == raw
    path.write_bytes(written)


def genres_by_all(path: Path) -> tuple[str, str, str]:
    """The genre as mutagen, TagLib and FFmpeg show it; "" where one shows none."""
    found = by_mutagen(path)
    mine = found.get("TCON", found.get("genre", "")).strip("[']")
    shown = {name.lower(): value for name, value in by_ffmpeg(path).items()}
    return mine, "; ".join(by_taglib(path).get("GENRE", [])), shown.get("genre", "")
