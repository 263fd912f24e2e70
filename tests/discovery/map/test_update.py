"""The map: near what sounds alike, the same for the same library, and what is on it stays where it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.discovery.map.update import MapOptions, MapSummary
from audiotag.library.records import Track
from tests.helpers.mapped import QUICK, SIZES, TRACKS, new_library, places, put, updated
from tests.helpers.sound_alikes import SONGS_AN_ALBUM, made_tracks
from tests.helpers.tracks import failed


def test_songs_of_an_album_lie_together(db: Path) -> None:
    summary, found = updated(db, MapOptions())
    assert summary == MapSummary(sounds=60, laid=60)
    points = np.array([found[track.path] for track in TRACKS])
    album = np.arange(60) // SONGS_AN_ALBUM
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (album[apart.argsort(axis=1)[:, :5]] == album[:, None]).mean() > 0.9


def test_it_is_kept_and_nothing_is_done_twice(db: Path) -> None:
    _, first = updated(db)
    assert updated(db) == (MapSummary(sounds=60), first)
    assert places(db) == first


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 2), SIZES)
def test_the_same_library_gives_the_same_map_to_the_last_bit(seed: int, jobs: int, size: MapOptions) -> None:
    """Whatever the order in which its files came, what they are called, and how many threads there are."""
    shuffled = [replace(track, path=track.path + b"%d" % seed) for track in TRACKS]
    random.Random(seed).shuffle(shuffled)
    with new_library(TRACKS) as one, new_library(shuffled) as other:
        first = updated(one, size)[1]
        second = updated(other, replace(size, jobs=jobs))[1]
    assert {path + b"%d" % seed: place for path, place in first.items()} == second


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(40, 59), unique=True, min_size=1), st.integers(0, 20), SIZES)
def test_what_comes_is_placed_and_moves_nothing(later: list[int], cut: int, size: MapOptions) -> None:
    """Each where it would lie if it had come alone, or with all the others."""
    with new_library(TRACKS[:40]) as step_by_step, new_library(TRACKS[:40]) as at_once:
        before = updated(step_by_step, size)[1]
        updated(at_once, size)
        for some in (later[:cut], later[cut:]):
            put(step_by_step, [TRACKS[number] for number in some])
            summary, after = updated(step_by_step, size)
            assert (summary.laid, summary.placed) == (0, len(some))
        put(at_once, TRACKS[40:])
        everything = updated(at_once, size)[1]
    assert {path: after[path] for path in before} == before
    assert len(after) == 40 + len(later)
    for path, place in after.items():
        assert place == pytest.approx(everything[path], abs=1e-6)


def test_what_comes_lies_with_its_album(tmp_path: Path) -> None:
    tracks = list(made_tracks(100, size=16))
    db = tmp_path / "library.db"
    put(db, [track for number, track in enumerate(tracks) if number % 4])
    updated(db, MapOptions())
    put(db, tracks)
    summary, found = updated(db, MapOptions())
    assert summary == MapSummary(sounds=100, placed=25, late=25)
    points = np.array([found[track.path] for track in tracks])
    album = np.arange(100) // SONGS_AN_ALBUM
    apart = np.linalg.norm(points[::4, None] - points[None], axis=2)
    apart[np.arange(25), np.arange(0, 100, 4)] = np.inf
    assert (album[apart.argsort(axis=1)[:, :3]] == album[::4, None]).mean() > 0.6


def identical(count: int) -> list[Track]:
    return [replace(TRACKS[0], path=b"/%d" % number, fingerprint=b"%d" % number) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 12, 40])
@pytest.mark.parametrize("make", [lambda count: TRACKS[:count], identical])
def test_few_tracks_or_all_the_same(count: int, make: Callable[[int], list[Track]], tmp_path: Path) -> None:
    put(tmp_path / "library.db", make(count))
    summary, found = updated(tmp_path / "library.db", MapOptions())
    assert summary == MapSummary(sounds=count, laid=count)
    assert np.isfinite(list(found.values())).all()
    assert len(set(found.values())) == count


def test_an_embedding_may_be_one_number(tmp_path: Path) -> None:
    put(tmp_path / "library.db", list(made_tracks(20, size=1)))
    found = updated(tmp_path / "library.db", MapOptions())[1]
    assert (len(found), np.isfinite(list(found.values())).all()) == (20, True)


def test_an_empty_library_has_no_map(tmp_path: Path) -> None:
    put(tmp_path / "library.db", [])
    assert updated(tmp_path / "library.db") == (MapSummary(), {})
    put(tmp_path / "library.db", [failed(b"/broken.mp3")])
    assert updated(tmp_path / "library.db") == (MapSummary(), {})


def test_tracks_without_a_usable_embedding_are_not_on_it(tmp_path: Path) -> None:
    nothing, unknown = np.zeros(16, np.float32), np.full(16, np.nan, np.float32)
    broken = [replace(TRACKS[0], embedding=nothing), replace(TRACKS[1], embedding=unknown)]
    put(tmp_path / "library.db", broken)
    assert updated(tmp_path / "library.db") == (MapSummary(), {})
    put(tmp_path / "library.db", [*broken, *TRACKS[2:20], failed(b"/broken.mp3")])
    summary, found = updated(tmp_path / "library.db")
    assert summary == MapSummary(sounds=18, laid=18)
    assert sorted(found) == [track.path for track in TRACKS[2:20]]


def test_a_large_library_is_laid_with_some_and_the_others_are_placed(db: Path) -> None:
    options = replace(QUICK, laid_at_most=20)
    summary, found = updated(db, options)
    assert (summary, len(found)) == (MapSummary(sounds=60, laid=20, placed=40, late=40), 60)
    assert updated(db, options) == (MapSummary(sounds=60, late=40), found)
