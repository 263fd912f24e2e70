"""Clips that belong together, and folds that leave them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

# With fewer clusters of ids than this, the ids are numbered by genre and not by album.
_ALBUMS_A_GENRE = 5


def album_groups(track_id: np.ndarray, gap: int = 15) -> np.ndarray:
    """(n,) int: a number per cluster of track ids. FMA gives the tracks of an album neighbouring
    ids; a new cluster begins where the gap between sorted ids is over `gap`."""
    order = np.argsort(track_id, kind="stable")
    groups = np.zeros(len(track_id), np.int64)
    groups[order] = np.concatenate([[0], np.cumsum(np.diff(track_id[order]) > gap)])
    return groups


def track_groups(track_id: np.ndarray, genre: np.ndarray) -> np.ndarray:
    """(n,) int: as album_groups, but where the ids follow the genres, as GTZAN's do, they say nothing of
    albums: then each track is alone."""
    albums = album_groups(track_id)
    if len(np.unique(albums)) >= _ALBUMS_A_GENRE * len(np.unique(genre)):
        return albums
    _, alone = np.unique(track_id, return_inverse=True)
    return np.asarray(alone.reshape(-1), np.int64)


def groups_apart(groups: Sequence[np.ndarray]) -> np.ndarray:
    """The group numbers of several collections, one after another, numbered anew so that they do not meet."""
    numbered, start = [], 0
    for one in groups:
        names, numbers = np.unique(one, return_inverse=True)
        numbered.append(numbers.reshape(-1) + start)
        start += len(names)
    return np.concatenate(numbered)


def group_folds(groups: np.ndarray, folds: int, seed: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(positions of the other folds, positions of this fold), no group on two sides.

    There are at most as many folds as groups; with a single group nothing can be left
    out, and it stands on both sides.
    """
    names = np.unique(groups)
    if len(names) < 2:
        yield np.arange(len(groups)), np.arange(len(groups))
        return
    fold_of = np.random.default_rng(seed).permutation(np.arange(len(names)) % min(folds, len(names)))
    member = fold_of[np.searchsorted(names, groups)]
    for fold in range(min(folds, len(names))):
        yield np.flatnonzero(member != fold), np.flatnonzero(member == fold)
