"""A playlist that leads from one track to another in even steps.

Between the two embeddings lies a great circle; it is parted evenly, and each part has the tracks that are
nearest to it. Of these, one a part is taken so that no step of the way is large.
"""

from __future__ import annotations

import numpy as np

from audiotag.discovery.first_genres import FirstGenres
from audiotag.discovery.nearest import Nearest, nearest
from audiotag.discovery.sameness import SOUND_COLUMNS, Sounds, earlier_twins, sound_the_same
from audiotag.discovery.seeds import Seeds
from audiotag.discovery.sieve import folded, sieve_for
from audiotag.discovery.similar import Alike, Wish, tracks_of
from audiotag.errors import AudiotagError
from audiotag.library.embeddings import Space, stored_of_rows, unit_vectors
from audiotag.library.records import Track
from audiotag.library.store import Store

# As many tracks at most: every one is compared with the whole library.
MOST_BETWEEN = 200
# As many candidates a part.
_CHOICE = 64
# The square of a step's square: what the longest possible one costs, and one that goes nowhere.
_LONGEST = 16.0


def between(store: Store, space: Space, ends: tuple[Track, Track], wish: Wish) -> list[Alike]:
    """A playlist of `wish.count` tracks, from 2 to MOST_BETWEEN, that begins and ends with these two.

    The tracks between are of the library, each once; fewer where no more pass the wish. `similarity` is to
    the track before. Raises AudiotagError where one track is at both ends or they are opposites, StoreError.
    """
    first = wish.first_genres(space.model)
    seeds = _seeds(store, space, ends, first)
    rows = _rows_between(store, space, ends, wish, seeds)
    found = tracks_of(store, rows)
    way = [ends[0], *(found[row] for row in rows.tolist() if row in found), ends[1]]
    sounds = Sounds.of(way, space.size)
    near = [None, *np.einsum("ij,ij->i", sounds.vectors[1:], sounds.vectors[:-1]).tolist()]
    marks = earlier_twins(sounds)
    return [Alike(first.judged(track), *one) for track, *one in zip(way, near, marks, strict=True)]


def _rows_between(
    store: Store, space: Space, ends: tuple[Track, Track], wish: Wish, seeds: Seeds
) -> np.ndarray:
    steps, vectors = wish.count - 2, Sounds.of(ends, space.size).vectors
    sieve = sieve_for(wish.wanted(seeds), wish.first_genres(space.model))
    while steps > 0:
        targets = great_circle(vectors, steps + 2)[1:-1]
        found = nearest(store, space, targets, steps + _CHOICE, sieve)
        there = min(len(one.rows) for one in found)
        if there >= steps:
            return _least_steps(store, space, ends, _parts(found))
        steps = there
    return np.empty(0, np.int64)


def great_circle(ends: np.ndarray, count: int) -> np.ndarray:
    """(2, size) of length 1 → (count, size) of length 1: evenly from the first to the second, with both.

    Raises AudiotagError where they are opposite, so that every way is as short.
    """
    angle = float(np.arccos(np.clip(ends[0] @ ends[1], -1, 1)))
    if angle > np.pi - 1e-3:
        raise AudiotagError("these two tracks are opposites: no way between them is shorter than another")
    parts = np.linspace(0, 1, count)[:, None]
    if angle < 1e-3:  # as good as a straight line
        weights = np.hstack([1 - parts, parts])
    else:
        weights = np.sin(np.hstack([1 - parts, parts]) * angle) / np.sin(angle)
    return unit_vectors(weights @ ends)[0]


def _parts(found: list[Nearest]) -> list[np.ndarray]:
    """Each candidate in the one part that it is nearest to, and none without any: each one's rows, nearest
    first."""
    best: dict[int, tuple[float, int]] = {}
    for part, one in enumerate(found):
        for row, cosine in zip(one.rows.tolist(), one.cosines.tolist(), strict=True):
            best[row] = max(best.get(row, (-2.0, 0)), (cosine, -part))
    parts: list[list[int]] = [[] for _ in found]
    for row, (_cosine, part) in sorted(best.items(), key=lambda item: -item[1][0]):
        parts[-part].append(row)
    for one, rows in zip(found, parts, strict=True):
        if not rows:  # there are at least as many candidates as parts, so that another part has two of them
            donor = {row: other for other in parts if len(other) > 1 for row in other}
            row = next(row for row in one.rows.tolist() if row in donor)
            donor[row].remove(row)
            rows.append(row)
    return [np.array(rows, np.int64) for rows in parts]


def _least_steps(
    store: Store, space: Space, ends: tuple[Track, Track], parts: list[np.ndarray]
) -> np.ndarray:
    """One row a part, so that the sum of the steps' fourth powers is least: a large step costs most."""
    first, last = (Sounds.of([track], space.size) for track in ends)
    cost, before, came_from, chosen = np.zeros(1), first, [], []
    for part in parts:
        for stored in stored_of_rows(store, space, part[:_CHOICE].tolist(), SOUND_COLUMNS):
            here = Sounds.of_stored(stored)
            total = cost[:, None] + step_costs(before, here)
            came_from.append(total.argmin(axis=0))
            chosen.append(stored.rows)
            cost, before = total.min(axis=0), here
    number = int((cost + step_costs(before, last)[:, 0]).argmin())
    way = []
    for rows, earlier in zip(reversed(chosen), reversed(came_from), strict=True):
        way.append(rows[number])
        number = int(earlier[number])
    return np.array(way[::-1], np.int64)


def step_costs(some: Sounds, others: Sounds) -> np.ndarray:
    """(n, m). A step to the same recording is none: it costs as much as the longest."""
    cosines = some.vectors @ others.vectors.T
    same = sound_the_same(cosines, some.durations, others.durations)
    return np.where(same, _LONGEST, np.square(2 - 2 * cosines))


def _seeds(store: Store, space: Space, ends: tuple[Track, Track], first: FirstGenres) -> Seeds:
    """What the tracks between are measured by: both ends, of which neither comes again."""
    if ends[0].path == ends[1].path:
        raise AudiotagError("the same track is at both ends; name two")
    rows = store.execute("SELECT rowid FROM tracks WHERE path IN (?, ?)", [track.path for track in ends])
    return Seeds(
        np.zeros(space.size, np.float32),  # there are several
        np.sort(np.array([row for (row,) in rows], np.int64)),
        genres=first.of_track(ends[0]) | first.of_track(ends[1]),
        artists=frozenset(folded(track.info.artist) for track in ends) - {""},
        albums=frozenset(folded(track.info.album) for track in ends) - {""},
    )
