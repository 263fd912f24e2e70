"""Songs made by code, of the size of real ones, and a library in which each has a prediction."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mutagen.id3 import ID3, TALB, TIT2, TPE1

from audiotag.library.records import TrackInfo
from audiotag.library.store import Store
from audiotag.library.walk import find_audio
from audiotag.tags.formats.containers import SUFFIXES
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.known import look
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.big_library import known_track, made_card

RATE = 44_100
_BIT_RATE = 128_000  # as tests/helpers/audio_files.py encodes
_FRAME_SAMPLES = 1152


def make_songs(folder: Path, files: int, seconds: float = 180.0) -> None:
    """So many mp3 files with a tag that has no genre, a hundred in a folder, no two of the same sound."""
    frames = _encode(folder)
    wanted = round(seconds * RATE / _FRAME_SAMPLES)
    for number in range(files):
        album = folder / f"album{number // 100:04}"
        album.mkdir(exist_ok=True)
        # Begun at another frame, and for each time round one frame shorter, it is another sound.
        first, shorter = number % len(frames), number // len(frames)
        turned = frames[first:] + frames[:first]
        whole, rest = divmod(max(1, wanted - shorter), len(turned))
        path = album / f"{number:06} song.mp3"
        path.write_bytes(b"".join(turned) * whole + b"".join(turned[:rest]))
        tags = ID3()
        for frame, text in ((TPE1, "An artist"), (TALB, f"Album {number // 100}"), (TIT2, f"Song {number}")):
            tags.add(frame(3, [text]))
        tags.save(path)


def make_mix(path: Path, seconds: float) -> None:
    """One long mp3 file."""
    frames = _encode(path.parent)
    wanted = round(seconds * RATE / _FRAME_SAMPLES)
    whole, rest = divmod(wanted, len(frames))
    with path.open("wb") as file:
        for _ in range(whole):
            file.write(b"".join(frames))
        file.write(b"".join(frames[:rest]))


def fill_predicted(music: Path, db: Path) -> int:
    """A library that knows the files of a folder as a scan does, all of them as Pop; returns how many."""
    count = 0
    card = made_card(db.parent)
    with Store(db, write=True) as store:
        store.execute("BEGIN")
        for found in find_audio([os.fsencode(music)], SUFFIXES):
            read, tags = look(found.path)
            names = ("", "", "") if read is None else (read.artist, read.album, read.title)
            info = TrackInfo(*names, tags, None if read is None else read.year)
            store.put(known_track(card, found, info, fingerprint(found.path)))
            count += 1
        store.execute("COMMIT")
    return count


def _encode(folder: Path) -> list[bytes]:
    """The frames of some seconds of sound, without the one that says how many there are."""
    path = make_audio(folder / "frames.mp3", tone(10.0, RATE), RATE)
    data = path.read_bytes()
    path.unlink()
    return list(_frames(data, _tag_size(data)))[1:]


def _tag_size(data: bytes) -> int:
    """Of the ID3v2 tag in front: four times seven bits, and a header of ten bytes."""
    return 10 + sum(value << shift for value, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))


def _frames(data: bytes, position: int) -> Iterator[bytes]:
    while data[position : position + 2] == b"\xff\xfb":
        padding = data[position + 2] >> 1 & 1
        size = _FRAME_SAMPLES // 8 * _BIT_RATE // RATE + padding
        yield data[position : position + size]
        position += size
