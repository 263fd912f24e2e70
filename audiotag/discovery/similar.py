"""The tracks of a library that sound most like some others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.discovery.first_genres import FirstGenres
from audiotag.discovery.nearest import nearest
from audiotag.discovery.sameness import SOUND_COLUMNS, Sounds, Twin, earlier_twins, twins
from audiotag.discovery.seeds import Seeds
from audiotag.discovery.sieve import Wanted, sieve_for
from audiotag.library.embeddings import Space, paths_of_rows, stored_of_rows
from audiotag.library.records import StoredModel, Track
from audiotag.library.store import Store
from audiotag.model.learnt import LearntModel

# An answer is held in memory, embeddings and all: 20 MB.
MOST = 10_000


@dataclass(frozen=True)
class Wish:
    """count: how many tracks at most, up to MOST. same_genre: only those whose first genre is that of one of
    the seeds. other_artist, other_album: none by an artist, or from an album of that title, of a seed's.
    learnt: a model of the space's embedding, in whose genres that is meant and the answer given; None for the
    tracks as the store has them.
    """

    count: int = 10
    same_genre: bool = False
    other_artist: bool = False
    other_album: bool = False
    learnt: LearntModel | None = None

    def first_genres(self, heard_by: StoredModel) -> FirstGenres:
        return FirstGenres(heard_by, self.learnt)

    def wanted(self, seeds: Seeds) -> Wanted:
        """What that means for these seeds; they are left out themselves."""
        return Wanted(
            seeds.rows,
            seeds.genres if self.same_genre else None,
            seeds.artists if self.other_artist else frozenset(),
            seeds.albums if self.other_album else frozenset(),
        )


@dataclass(frozen=True)
class Alike:
    """A track of an answer. similarity: the cosine of its embedding's angle to what it is compared with, None
    where that is nothing. twin: the seed, or the track before it, that is the same recording."""

    track: Track
    similarity: float | None
    twin: Twin | None = None


def similar(store: Store, space: Space, seeds: Seeds, wish: Wish) -> list[Alike]:
    """The nearest tracks, the nearest first. Exact: fewer than `wish.count` only where no more are to be had.

    Raises StoreError.
    """
    first = wish.first_genres(space.model)
    sieve = sieve_for(wish.wanted(seeds), first)
    (best,) = nearest(store, space, seeds.direction[None], wish.count, sieve)
    found = tracks_of(store, best.rows)
    pairs = zip(best.rows.tolist(), best.cosines.tolist(), strict=True)
    answer = [(found[row], cosine) for row, cosine in pairs if row in found]
    marks = mark_twins(store, space, seeds, [track for track, _ in answer])
    return [
        Alike(first.judged(track), cosine, twin) for (track, cosine), twin in zip(answer, marks, strict=True)
    ]


def tracks_of(store: Store, rows: np.ndarray) -> dict[int, Track]:
    """The tracks of rows; without those that have been forgotten meanwhile."""
    found = {}
    for row, path in paths_of_rows(store, rows.tolist()).items():
        if (track := store.track(path)) is not None:
            found[row] = track
    return found


def mark_twins(store: Store, space: Space, seeds: Seeds, answer: list[Track]) -> list[Twin | None]:
    """Of each track the seed, or failing that the first track before it, that is the same recording."""
    sounds = Sounds.of(answer, space.size)
    found = earlier_twins(sounds)
    found = _either(twins(sounds, Sounds.of(seeds.heard, space.size)), found)
    for stored in stored_of_rows(store, space, seeds.rows, SOUND_COLUMNS):
        found = _either(twins(sounds, Sounds.of_stored(stored)), found)
    return found


def _either(first: list[Twin | None], second: list[Twin | None]) -> list[Twin | None]:
    return [one or other for one, other in zip(first, second, strict=True)]
