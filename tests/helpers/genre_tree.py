"""A tree of real songs whose genres can be heard: three kinds of made sound, six artists each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mutagen
import numpy as np

from tests.helpers.audio_files import Samples, make_audio

KINDS = ("Berlin School", "Dad's tapes", "Power Noise")
ARTISTS, SONGS = 6, 3
_SUFFIXES = (".flac", ".mp3", ".ogg", ".m4a")
_RATE, _SECONDS = 22_050, 3.2


@dataclass(frozen=True)
class GenreTree:
    """truth: what each song is. blank: those whose genre was left out, of half of the artists."""

    folder: Path
    truth: Mapping[Path, str]
    blank: frozenset[Path]

    def contents(self) -> dict[Path, bytes]:
        """Every byte of every song."""
        return {path: path.read_bytes() for path in self.truth}


def make_tree(folder: Path) -> GenreTree:
    """54 files in four formats, with artist, album, title, and half of them with a genre."""
    truth, blank = {}, set()
    for kind, genre in enumerate(KINDS):
        for artist in range(ARTISTS):
            place = folder / f"{kind}{artist} Artist"
            place.mkdir(parents=True)
            for song in range(SONGS):
                path = place / f"{song} Song{_SUFFIXES[(artist + song) % len(_SUFFIXES)]}"
                make_audio(path, sound(kind, artist, song), _RATE)
                is_blank = artist >= ARTISTS // 2
                _dress(path, place.name, "" if is_blank else genre)
                truth[path] = genre
                if is_blank:
                    blank.add(path)
    return GenreTree(folder, truth, frozenset(blank))


def dress_again(path: Path, genre: str) -> None:
    """Another program gives the file another genre."""
    tags = mutagen.File(path, easy=True)
    tags["genre"] = genre
    tags.save()


def sound(kind: int, artist: int, song: int) -> Samples:
    """Low chords, a high melody, or noise; an artist is a little different from the others."""
    random = np.random.default_rng(100 * kind + 10 * artist + song)
    time = np.arange(round(_SECONDS * _RATE)) / _RATE
    if kind == 2:
        made = random.standard_normal(len(time)) * (0.2 + 0.02 * artist)
    else:
        base = (110, 2_600)[kind] * (1 + 0.06 * artist)
        tones = [base * (1 + step / 4) * random.uniform(0.98, 1.02) for step in range(3)]
        made = 0.002 * random.standard_normal(len(time))
        for tone in tones:
            made += 0.2 * np.sin(2 * np.pi * tone * time)
    return np.asarray(made, np.float32)[:, None]


def _dress(path: Path, artist: str, genre: str) -> None:
    tags = mutagen.File(path, easy=True)
    if tags.tags is None:
        tags.add_tags()
    tags["artist"], tags["album"], tags["title"] = artist, f"{artist}'s album", path.stem
    if genre:
        tags["genre"] = genre
    tags.save()
