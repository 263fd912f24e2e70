"""A music collection that was made up, names and sounds: for the page, its figures and its pictures.

An artist has one genre; the songs' embeddings scatter around centres of genre, artist and album, so that
a map of them has neighbourhoods as that of a real library has. No file is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiotag.library.records import KnownTags, StoredModel, Track, TrackInfo
from audiotag.library.store import Store

GENRES = (
    "Blues", "Classical", "Country", "Disco", "Electronic", "Experimental", "Folk", "Hip-Hop",
    "Instrumental", "International", "Jazz", "Metal", "Pop", "Reggae", "Rock",
)  # fmt: skip
MODEL = StoredModel("made-up-1", GENRES, (0.5,) * len(GENRES))
_FIRST = (
    "Amber", "Ashen", "Blue", "Brass", "Cedar", "Copper", "Distant", "Early", "Electric", "Faded",
    "Golden", "Harbour", "Hollow", "Indigo", "Iron", "Late", "Little", "Lunar", "Marble", "Midnight",
    "Northern", "Paper", "Quiet", "Red", "Salt", "Silver", "Slow", "Velvet", "Violet", "Wild", "Winter",
    "Yellow",
)  # fmt: skip
_SECOND = (
    "Anchors", "Arcade", "Avenue", "Birds", "Bloom", "Caravan", "Choir", "Circuit", "Coast", "Committee",
    "Echo", "Engine", "Field", "Garden", "Ghosts", "Hearts", "Horizon", "Lanterns", "Letters", "Machine",
    "Meadow", "Mirrors", "Orchard", "Parade", "Quartet", "Rivers", "Rooms", "Signals", "Sparrows",
    "Station", "Tide", "Wolves",
)  # fmt: skip
_THINGS = (
    "after the Rain", "at the Window", "by Heart", "for Two", "from Here", "in Blue", "in the Attic",
    "of Glass", "of the Morning", "on the Line", "over Water", "under Snow", "with Strings",
    "without You", "again", "",
)  # fmt: skip
_SIZE = 12
_SONGS_AN_ALBUM, _ALBUMS_AN_ARTIST = 10, 3


@dataclass(frozen=True)
class _Album:
    """number: of all albums. genre: of its artist. year: None where its tags name none. centre (size,): of
    its songs' embeddings."""

    number: int
    artist: str
    name: str
    genre: int
    year: int | None
    centre: np.ndarray


def made_tracks(count: int, seed: int = 11) -> Iterator[Track]:
    """So many tracks in order of path; one in sixty failed, one in eighty is missing."""
    random = np.random.default_rng(seed)
    genres = random.normal(0, 1.0, (len(GENRES), _SIZE))
    for number in range(count):
        if number % _SONGS_AN_ALBUM == 0:
            if number // _SONGS_AN_ALBUM % _ALBUMS_AN_ARTIST == 0:
                genre = int(random.choice(len(GENRES), p=_shares()))
                artist = f"{random.choice(_FIRST)} {random.choice(_SECOND)}"
                centre = genres[genre] + random.normal(0, 0.55, _SIZE)
            name = f"{random.choice(_SECOND)} {random.choice(_THINGS)}".strip()
            around = centre + random.normal(0, 0.3, _SIZE)
            album = _Album(number // _SONGS_AN_ALBUM, artist, name, genre, _year(number, genre), around)
        yield _track(number, album, genres, random)


def fill_collection(db: Path, count: int, seed: int = 11) -> None:
    """A library of them; written as one, for time's sake."""
    with Store(db, write=True) as store:
        store.execute("BEGIN")
        for track in made_tracks(count, seed):
            store.put(track)
        store.execute("COMMIT")


def _shares() -> np.ndarray:
    """Of the genres: a few are frequent."""
    weights: np.ndarray = 1.0 / (9 + (np.arange(len(GENRES)) * 7) % len(GENRES))
    shares: np.ndarray = weights / weights.sum()
    return shares


def _year(number: int, genre: int) -> int | None:
    """Of the album that a track with this number is on: each genre has its time, an artist some of it."""
    artist, album = divmod(number // _SONGS_AN_ALBUM, _ALBUMS_AN_ARTIST)
    if artist % 12 == 5:
        return None
    return 1955 + 3 * (genre * 7 % len(GENRES)) + artist * 5 % 23 + 2 * album


def _track(number: int, album: _Album, genres: np.ndarray, random: np.random.Generator) -> Track:
    song = number % _SONGS_AN_ALBUM + 1
    title = f"{random.choice(_FIRST)} {random.choice(_SECOND)} {random.choice(_THINGS)}".strip()
    path = f"/music/{album.artist}/{album.number:05} {album.name}/{song:02} {title}.mp3".encode()
    fate = random.random()
    if fate < 1 / 60:
        return Track(
            path, 4_000_000, 5, "failed", TrackInfo(), None, 0, "all", "2030-01-01T00:00:00+00:00",
            error_kind="decode" if fate < 1 / 90 else "unreadable", error="no decoder gets sound out of it",
        )  # fmt: skip
    vector = album.centre + random.normal(0, 0.62, _SIZE)
    # The nearer a genre's centre, the more likely.
    distances = np.square(genres - vector).sum(axis=1)
    likely = np.exp(-(distances - distances.min()) / random.uniform(0.8, 4))
    has = () if random.random() < 0.6 else (GENRES[album.genre],)
    tags = KnownTags("4000000:5:6", "mp3", has, has, 4)
    return Track(
        path, 4_000_000, 5, "ok", TrackInfo(album.artist, album.name, title, tags, album.year),
        float(random.uniform(120, 420)), 8, "all", "2030-01-01T00:00:00+00:00",
        model=MODEL,
        probabilities=(likely / likely.sum()).astype(np.float32),
        embedding=vector.astype(np.float32),
        fingerprint=number.to_bytes(16, "big"),
        missing=fate > 1 - 1 / 80,
    )  # fmt: skip
