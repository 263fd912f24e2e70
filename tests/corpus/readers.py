"""What other programs show of a file: mutagen, TagLib and FFmpeg, brought into one form.

Between them they stand behind most taggers and players. Each shows what it shows: where two tags
stand side by side TagLib takes the first that holds anything, FFmpeg joins or drops some, and
neither of them sees all places. So a reader is compared with itself before and after a write, and
with the others in the genre alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import mutagen
import taglib
from av.error import FFmpegError
from mutagen import id3

Fields = Mapping[str, str]
_GENRE_KEYS = frozenset({"genre", "tcon", "tco", "\xa9gen", "wm/genre", "ignr"})
# FFmpeg joins several values with ";", and ID3v2.3 with "/"; TagLib leaves a "/" as it is.
_BETWEEN_GENRES = re.compile(r"[;/\0]")


@dataclass(frozen=True)
class Shown:
    """What a reader shows of a file: the genres, and every other field with its value in words."""

    genres: tuple[str, ...]
    fields: Fields


Reader = Callable[[Path], Shown | None]


def by_mutagen(path: Path) -> Shown | None:
    """The tags as mutagen gives them to most Python programs; None where it knows no such file."""
    try:
        audio: Any = mutagen.File(path)
    except Exception:  # whatever a damaged file brings out of it
        return None
    if audio is None:
        return None
    tags = audio.tags
    pictures = {f"picture {i}": _digest(p.data) for i, p in enumerate(getattr(audio, "pictures", []))}
    if tags is None:
        return Shown((), pictures)
    if isinstance(tags, id3.ID3):
        genres = [genre for frame in tags.getall("TCON") for genre in frame.genres]
        fields = {
            key: repr([str(text) for text in frame.text] if isinstance(frame, id3.TextFrame) else frame)
            for key, frame in tags.items()
            if frame.FrameID != "TCON" and not _is_freeform_genre(key)
        }
        return _shown(genres, {**fields, **pictures})
    genres, others = [], dict[str, str](pictures)
    for key in list(dict.fromkeys(tags.keys())):
        values = tags[key]
        if key.startswith("\0"):
            continue  # QuickTime's items have numbers, which say nothing without their list of keys
        if _is_genre(key):
            genres += map(str, values)
        elif not _is_freeform_genre(key):
            others[key] = repr(values)
    return _shown(genres, others)


def by_taglib(path: Path) -> Shown | None:
    """TagLib's property map and pictures; None where it does not open the file."""
    try:
        with taglib.File(path) as file:
            fields = {key: repr(list(values)) for key, values in file.tags.items() if not _is_genre(key)}
            genres = [genre for key, values in file.tags.items() if _is_genre(key) for genre in values]
            for i, picture in enumerate(file.pictures):
                fields[f"picture {i}"] = _digest(picture.data)
    except (OSError, UnicodeDecodeError):
        return None
    return _shown(genres, fields)


def by_ffmpeg(path: Path) -> Shown | None:
    """What ffprobe shows: tags of the container and of its streams, chapters, and which streams.

    None where FFmpeg does not open it.
    """
    genres: list[str] = []
    fields: dict[str, str] = {}
    try:
        with av.open(path, metadata_errors="replace") as container:
            parts = {"": container, **{f"stream {s.index} ": s for s in container.streams}}
            for name, part in parts.items():
                for key, value in part.metadata.items():
                    if _is_genre(key):
                        genres.append(value)
                    else:
                        fields[name + key.casefold()] = value
            for stream in container.streams:
                fields[f"stream {stream.index}"] = f"{stream.type} {stream.codec_context.name}"
            for i, chapter in enumerate(container.chapters()):
                fields[f"chapter {i}"] = repr(sorted(chapter.items(), key=lambda pair: pair[0]))
    except (FFmpegError, AttributeError):
        return None
    return _shown(genres, fields)


READERS: Mapping[str, Reader] = {"mutagen": by_mutagen, "TagLib": by_taglib, "FFmpeg": by_ffmpeg}


def show(path: Path) -> dict[str, Shown]:
    """What each reader that can read the file shows of it."""
    found = {name: reader(path) for name, reader in READERS.items()}
    return {name: shown for name, shown in found.items() if shown is not None}


def parts(genres: Iterable[str]) -> frozenset[str]:
    """The single genres in what a reader or a place shows, however they are joined."""
    return frozenset(
        part.strip() for genre in genres for part in _BETWEEN_GENRES.split(genre) if part.strip()
    )


def sound_of(path: Path) -> str:
    """A digest of all sound that FFmpeg decodes, and how many packets it could not; "" for no sound."""
    digest, samples, damaged = hashlib.sha256(), 0, 0
    try:
        with av.open(path, metadata_errors="replace") as container:
            stream = container.streams.audio[0]
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except FFmpegError:
                    damaged += 1
                    continue
                for frame in frames:
                    samples += frame.samples
                    digest.update(frame.to_ndarray().tobytes())
    except (FFmpegError, IndexError):
        damaged += 1
    return f"{samples} samples {digest.hexdigest()[:16]}, {damaged} damaged" if samples else ""


def sound_from(path: Path, seconds: float) -> str:
    """The same of what follows a jump to this time: the index of the file shows in it."""
    digest, first = hashlib.sha256(), None
    try:
        with av.open(path, metadata_errors="replace") as container:
            stream = container.streams.audio[0]
            container.seek(round(seconds * 1_000_000))
            for frame in container.decode(stream):
                first = frame.pts if first is None else first
                digest.update(frame.to_ndarray().tobytes())
    except (FFmpegError, IndexError):
        return ""
    return f"from {first}: {digest.hexdigest()[:16]}"


def _shown(genres: Iterable[str], fields: Fields) -> Shown:
    return Shown(tuple(genre for genre in genres if genre.strip()), fields)


def _is_genre(key: str) -> bool:
    return key.casefold() in _GENRE_KEYS


def _is_freeform_genre(key: str) -> bool:
    """A user's own field by that name: mutagen's users see no genre in it, others do."""
    return key.casefold().endswith(":genre")


def _digest(data: bytes) -> str:
    return f"{len(data)} bytes {hashlib.sha256(data).hexdigest()[:12]}"
