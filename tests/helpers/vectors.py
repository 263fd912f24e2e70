"""Libraries whose embeddings are chosen number by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from audiotag.discovery.seeds import Seeds, find_seeds
from audiotag.errors import AudiotagError
from audiotag.library.embeddings import Space, latest_space
from audiotag.library.records import Track, TrackInfo
from audiotag.library.store import Store
from tests.helpers.tracks import track

# Probabilities with which a genre is the first.
FOLK, POP, ROCK = [0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]


def song(
    name: str,
    vector: Sequence[float] | np.ndarray,
    genre: Sequence[float] = FOLK,
    artist: str = "",
    album: str = "",
) -> Track:
    """/music/NAME.mp3 with that embedding, of a length of its own."""
    return replace(
        track(f"/music/{name}.mp3".encode(), list(genre)),
        embedding=np.array(vector, np.float32),
        info=TrackInfo(artist, album, name),
        duration=100.0 + sum(name.encode()),
        fingerprint=name.encode().ljust(16, b".")[:16],
    )


def fill(db: Path, tracks: Iterable[Track]) -> None:
    with Store(db, write=True) as store:
        store.execute("BEGIN")
        for one in tracks:
            store.put(one)
        store.execute("COMMIT")


def space_of(store: Store) -> Space:
    space = latest_space(store)
    assert space is not None
    return space


def seeds_of(store: Store, *paths: bytes) -> Seeds:
    """Of paths that the library knows."""
    return find_seeds(store, space_of(store), paths, deaf)


def deaf(paths: Sequence[bytes]) -> list[Track]:
    """Hears nothing."""
    raise AudiotagError(f"{paths[0]!r} would have been heard")


def names(tracks: Iterable[Track]) -> list[str]:
    return [one.info.title for one in tracks]
