"""Libraries of people who have tagged a part of their music, in words of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from audiotag.library.records import KnownTags, Track
from audiotag.library.store import Store
from tests.helpers.sound_alikes import GENRES, MODEL, made_tracks

# What the owner calls what the network would call otherwise.
WORDS: Mapping[str, str] = dict(
    zip(
        GENRES,
        ("Delta Blues", "Berlin School", "Dad's tapes", "Bossa Nova", "Doom", "Krautrock"),
        strict=True,
    )
)


def with_genres(track: Track, *genres: str) -> Track:
    """The track as if its file had these, in a Vorbis comment."""
    tags = KnownTags("made up", "FLAC", genres, genres)
    return replace(track, info=replace(track.info, tags=tags))


def sound_of(track: Track) -> str:
    """Which cluster a made track is of."""
    number = int(track.info.artist.split()[1])
    return GENRES[number % len(GENRES)]


def half_tagged(count: int, size: int = 32, words: Mapping[str, str] = WORDS) -> list[Track]:
    """Every other artist's tracks have a genre, in the owner's words; the others none."""
    found = []
    for track in made_tracks(count, size):
        artist = int(track.info.artist.split()[1])
        tagged = artist // len(GENRES) % 2 == 0
        found.append(with_genres(track, words[sound_of(track)]) if tagged else with_genres(track))
    return found


def fill(db: Path, tracks: Sequence[Track]) -> Path:
    """A library of them, in one transaction."""
    with Store(db, write=True) as store:
        store.execute("BEGIN")
        for track in tracks:
            store.put(track)
        store.execute("COMMIT")
    return db


__all__ = ["MODEL", "WORDS", "fill", "half_tagged", "sound_of", "with_genres"]
