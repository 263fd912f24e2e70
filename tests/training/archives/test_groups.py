"""Tracks that belong together, and folds that leave them together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiotag.training.archives.groups import album_groups, group_folds, groups_apart, track_groups


def test_neighbouring_track_ids_are_an_album() -> None:
    groups = album_groups(np.array([100, 500, 110, 126, 515]))
    assert groups.tolist() == [0, 2, 0, 1, 2]


def test_as_many_neighbours_as_an_album_has_are_one() -> None:
    """Ten albums of three tracks, in two genres."""
    ids = (100 * np.arange(10)[:, None] + np.arange(3)).reshape(-1)
    found = track_groups(ids, np.resize(["Folk", "Rock"], 30))
    assert found.tolist() == [album for album in range(10) for _ in range(3)]


def test_ids_that_follow_the_genres_say_nothing_of_albums() -> None:
    """A hundred tracks of each, numbered one after another; but two clips of one track stay together."""
    ids = np.concatenate([1000 * genre + np.arange(100) for genre in range(4)])
    found = track_groups(
        np.append(ids, ids[7]), np.repeat(["a", "b", "c", "d", "a"], [100, 100, 100, 100, 1])
    )
    assert len(np.unique(found)) == 400
    assert found[-1] == found[7]


@given(st.lists(st.integers(0, 30), min_size=2, max_size=80), st.integers(2, 10))
def test_folds_part_the_tracks_and_never_a_group(names: list[int], folds: int) -> None:
    groups = np.array(names)
    parts = list(group_folds(groups, folds))
    if len(set(names)) == 1:
        ((others, fold),) = parts
        assert others.tolist() == fold.tolist() == list(range(len(names))), "nothing can be left out"
        return
    assert sorted(np.concatenate([fold for _, fold in parts]).tolist()) == list(range(len(names)))
    for others, fold in parts:
        assert len(fold)
        assert not set(groups[others]) & set(groups[fold])


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=8), min_size=1, max_size=4))
def test_groups_of_several_collections_do_not_meet(collections: list[list[int]]) -> None:
    found = groups_apart([np.array(one) for one in collections])
    parted = np.split(found, np.cumsum([len(one) for one in collections])[:-1])
    for one, before in zip(parted, collections, strict=True):
        assert len(set(zip(one.tolist(), before, strict=True))) == len(set(before)) == len(set(one.tolist()))
    assert len(set(found.tolist())) == sum(len(set(one)) for one in collections)
