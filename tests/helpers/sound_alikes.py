"""Libraries whose embeddings lie in clusters: an album's songs sound alike, an artist's, and a genre's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from audiotag.library.records import StoredModel, StyleOutput, Track, TrackInfo
from audiotag.library.store import Store

GENRES = ("Blues", "Electronic", "Folk", "Jazz", "Metal", "Rock")
MODEL = StoredModel("alike-1", GENRES, (0.5,) * len(GENRES), (StyleOutput("House", "Electronic", 0.5),))
SONGS_AN_ALBUM, ALBUMS_AN_ARTIST = 10, 3


def made_tracks(count: int, size: int = 512, folder: bytes = b"/music", seed: int = 5) -> Iterator[Track]:
    """`count` tracks, in order of path; an artist has one genre, some are uncertain. No file is there."""
    random = np.random.default_rng(seed)
    centres = {genre: random.normal(0, 1.0, size) for genre in GENRES}
    for number in range(count):
        album, song = divmod(number, SONGS_AN_ALBUM)
        artist = album // ALBUMS_AN_ARTIST
        genre = GENRES[artist % len(GENRES)]
        if album % ALBUMS_AN_ARTIST == 0 and song == 0:
            artist_centre = centres[genre] + random.normal(0, 0.6, size)
        if song == 0:
            album_centre = artist_centre + random.normal(0, 0.4, size)
        vector = album_centre + random.normal(0, 0.4, size)
        confidence = float(random.uniform(0.3, 0.95))
        rest = random.dirichlet(np.ones(len(GENRES))) * (1 - confidence)
        rest[GENRES.index(genre)] += confidence
        yield Track(
            folder + b"/Artist %03d/Album %04d/%02d Song.mp3" % (artist, album, song + 1),
            4_000_000, 5, "ok",
            TrackInfo(f"Artist {artist:03}", f"Album {album:04}", f"Song {number}"),
            180.0 + song, 8, "all", "2030-01-01T00:00:00+00:00",
            model=MODEL,
            probabilities=rest.astype(np.float32),
            embedding=vector.astype(np.float32),
            styles=np.array([0.8 if genre == "Electronic" else 0.1], np.float32),
            fingerprint=number.to_bytes(16, "big"),
        )  # fmt: skip


def fill_alike(db: Path, count: int, size: int = 512, folder: bytes = b"/music", seed: int = 5) -> None:
    """A library of them; written as one, for time's sake."""
    with Store(db, write=True) as store:
        store.execute("BEGIN")
        for track in made_tracks(count, size, folder, seed):
            store.put(track)
        store.execute("COMMIT")
