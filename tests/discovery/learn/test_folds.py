"""Folds: whole artists on one side, every genre on both."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiotag.discovery.learn.folds import FOLDS, folds_of

GROUPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=2, max_size=60)


@given(GROUPS)
def test_an_artist_is_in_one_fold(tracks: list[tuple[int, int]]) -> None:
    groups = np.array([group for group, _ in tracks])
    labels = np.eye(4, dtype=bool)[[genre for _, genre in tracks]]
    folds = folds_of(labels, groups)
    for group in np.unique(groups):
        assert len(np.unique(folds[groups == group])) == 1
    assert len(np.unique(folds)) == min(FOLDS, len(np.unique(groups)))


def test_a_genre_of_two_artists_is_on_both_sides() -> None:
    groups = np.repeat(np.arange(20), 5)
    genre = np.repeat([*range(8), *range(8), 0, 1, 2, 3], 5)
    folds = folds_of(np.eye(8, dtype=bool)[genre], groups)
    for one in range(8):
        assert len(np.unique(folds[genre == one])) >= 2


def test_folds_are_about_as_large() -> None:
    random = np.random.default_rng(1)
    groups = random.integers(0, 200, 4_000)
    folds = folds_of(np.eye(10, dtype=bool)[groups % 10], groups)
    sizes = np.bincount(folds)
    assert sizes.max() - sizes.min() < 150
