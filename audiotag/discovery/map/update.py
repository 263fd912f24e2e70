"""The map of a library: each track a point, near what sounds like it.

It is laid once and kept. What comes into the library later is placed into it, and nothing that is there
moves. It is laid anew where that is asked for, where another model has heard as much of the library as the
one whose embeddings it was laid from, and where most of the library has come since.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import numpy as np

from audiotag.discovery.map.few import settle
from audiotag.discovery.map.kept import (
    KeptMap,
    Point,
    Points,
    all_points,
    check_points,
    keep_laid,
    keep_placed,
    kept_map,
    laid_points,
    without_point,
)
from audiotag.discovery.map.layout import MapSettings, is_few, lay
from audiotag.discovery.map.placing import Ground
from audiotag.discovery.map.progress import MapProgress
from audiotag.discovery.map.sounds import (
    Sounds,
    count_of,
    known_sounds,
    some_of,
    vectors_in_chunks,
    vectors_of,
)
from audiotag.library.embeddings import Space, latest_space, space_of
from audiotag.library.store import Store


@dataclass(frozen=True)
class MapOptions:
    """remap: lay it anew. jobs: threads, which only a large library is worth; they change nothing but the
    time. laid_at_most: of a larger library so many sounds are drawn to lay the map with, and the others are
    placed: for time and memory."""

    remap: bool = False
    jobs: int = 1
    laid_at_most: int = 100_000
    settings: MapSettings = field(default_factory=MapSettings)


@dataclass(frozen=True)
class MapSummary:
    """sounds: of the model that the map is of, and on it now; files of one sound share a point. laid: with
    how many of them it was laid just now, 0 where it was there before. placed: how many came into it just
    now. late: how many have come into it since it was laid, so that more than a few are a reason for `remap`.
    elsewhere: how many sounds another model has heard: where the map is still that of the model before
    (`is_of_before`) they lie where they were, and new ones nowhere; where it was laid just now, none of them
    is on it. not_kept: why the library does not keep what was done, which this open store alone knows then;
    None where it does, or nothing was.
    """

    sounds: int = 0
    laid: int = 0
    placed: int = 0
    late: int = 0
    elsewhere: int = 0
    is_of_before: bool = False
    not_kept: str | None = None


def update_map(store: Store, options: MapOptions, progress: MapProgress) -> MapSummary:
    """Bring the library's map up to date: lay it, place what is new, or leave it where nothing is.

    The store need not be open for writing: what was done is kept at the end, all at once, if the library
    can be written just then; ended before, the old map is whole. A library without embeddings has no map.
    Raises StoreError, also for a map that is damaged; MissingExtraError where openTSNE is needed, and not
    installed.
    """
    latest = latest_space(store)
    if latest is None:
        return MapSummary()
    kept = None if options.remap else kept_map(store)
    if kept is None:
        return _lay(_Work(store, latest, options, progress))
    check_points(store)
    before, elsewhere = _of_before(store, kept, latest)
    space = before or latest
    work = _Work(store, space, options, progress)
    if kept.model == space.number:
        sounds, laid = known_sounds(store, space), laid_points(store, space)
        if before is not None or 2 * len(laid.sounds) >= min(len(sounds), options.laid_at_most):
            summary = _place(work, kept, laid, sounds)
            return replace(summary, elsewhere=elsewhere, is_of_before=before is not None)
    return replace(_lay(work), elsewhere=elsewhere)


def map_points(store: Store) -> dict[bytes, Point]:
    """Where each track lies on the map, x and y, by its path: of those whose files are there.

    A track that came after the map was last brought up to date is not on it; nor is one without an embedding.
    Raises StoreError, also for a map that is damaged.
    """
    check_points(store)
    return dict(all_points(store))


def _of_before(store: Store, kept: KeptMap, latest: Space) -> tuple[Space | None, int]:
    """The space of the kept map, if it is an older one of which there is more than of the latest: a library
    that is being heard anew is not to lose its map to the first few tracks. And how many sounds there are
    in that of the two which the map is not of."""
    if kept.model == latest.number:
        return None, 0
    olds, news = count_of(store, kept.model), count_of(store, latest.number)
    return (space_of(store, kept.model), news) if olds > news else (None, olds)


@dataclass(frozen=True)
class _Work:
    store: Store
    space: Space
    options: MapOptions
    progress: MapProgress


def _lay(work: _Work) -> MapSummary:
    sounds = known_sounds(work.store, work.space)
    first, others = some_of(sounds, work.options.laid_at_most)
    vectors = vectors_of(work.store, work.space, first.rows)
    laid = Points(first, lay(vectors, work.options.settings, work.options.jobs, work.progress))
    placed = _placed(work, laid, vectors, others)
    not_kept = keep_laid(work.store, work.space, asdict(work.options.settings), laid, placed)
    return MapSummary(len(sounds), len(first), len(others), len(others), not_kept=not_kept)


def _place(work: _Work, kept: KeptMap, laid: Points, sounds: Sounds) -> MapSummary:
    new = without_point(work.store, sounds)
    late = max(0, len(sounds) - len(laid.sounds))
    if not len(new):
        return MapSummary(len(sounds), late=late)
    placed = _placed(work, laid, vectors_of(work.store, work.space, laid.sounds.rows), new)
    not_kept = keep_placed(work.store, kept, placed)
    return MapSummary(len(sounds), placed=len(new), late=late, not_kept=not_kept)


def _placed(work: _Work, laid: Points, vectors: np.ndarray, new: Sounds) -> Points:
    """vectors: of those that the map was laid with."""
    if not len(new):
        return Points(new, np.zeros((0, 2)))
    settings = work.options.settings
    work.progress.begin("Placing new tracks", len(new))
    if is_few(len(laid.sounds), settings):
        places = np.zeros((len(new), 2))
        for positions, some in vectors_in_chunks(work.store, work.space, new.rows):
            places[positions] = settle(some, vectors, laid.places)
            work.progress.advance(len(some))
        return Points(new, places)
    ground = Ground(vectors, laid.places, settings)
    near = np.zeros((len(new), ground.count), np.int32)
    for positions, some in vectors_in_chunks(work.store, work.space, new.rows):
        near[positions] = ground.neighbours(some, work.progress)
    return Points(new, ground.place(near))
