"""Playlists that lead from one track to another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.discovery.between import between, great_circle
from audiotag.discovery.similar import Alike, Wish
from audiotag.errors import AudiotagError
from audiotag.library.records import Track
from audiotag.library.store import Store
from tests.helpers.learnt_models import SIZE
from tests.helpers.learnt_models import model as learnt_model
from tests.helpers.tracks import MODEL
from tests.helpers.vectors import FOLK, POP, fill, song, space_of


def way(db: Path, first: Track, last: Track, wish: Wish) -> list[Alike]:
    with Store(db, write=False) as store:
        return between(store, space_of(store), (first, last), wish)


def titles(found: list[Alike]) -> list[str]:
    return [alike.track.info.title for alike in found]


def steps(found: list[Alike]) -> np.ndarray:
    """Their angles."""
    return np.arccos([alike.similarity for alike in found[1:]])


def on_a_circle(count: int) -> list[Track]:
    angles = np.linspace(0, 1.5, count)
    return [
        replace(song(f"{number:03}", [np.cos(a), np.sin(a), 0]), duration=100.0 + 3 * number)
        for number, a in enumerate(angles)
    ]


@given(st.integers(2, 50), st.integers(0, 1000))
def test_targets_lie_evenly_on_the_shortest_way(count: int, seed: int) -> None:
    ends = np.random.default_rng(seed).normal(size=(2, 5))
    ends /= np.linalg.norm(ends, axis=1, keepdims=True)
    found = great_circle(ends.astype(np.float32), count)
    assert np.allclose(found[[0, -1]], ends, atol=1e-5)
    angles = np.arccos(np.clip(np.einsum("ij,ij->i", found[1:], found[:-1]), -1, 1))
    assert angles.sum() == pytest.approx(np.arccos(ends[0] @ ends[1]), abs=0.02)
    assert np.ptp(angles) < 0.01


def test_even_steps_where_there_are_such(tmp_path: Path) -> None:
    tracks = on_a_circle(101)
    fill(tmp_path / "library.db", tracks)
    found = way(tmp_path / "library.db", tracks[0], tracks[100], Wish(11))
    assert titles(found) == [f"{number:03}" for number in range(0, 101, 10)]
    assert steps(found) == pytest.approx(np.full(10, 0.15), abs=0.01)
    assert found[0].similarity is None


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 40), st.integers(1, 60), st.integers(0, 1000))
def test_whatever_the_library_it_has_each_track_once_and_both_ends(
    tmp_path_factory: pytest.TempPathFactory, count: int, size: int, seed: int
) -> None:
    """As many tracks as were asked for, or all."""
    vectors = np.random.default_rng(seed).normal(0.3, 1, (size + 2, 4))
    tracks = [song(f"{number}", vector) for number, vector in enumerate(vectors)]
    db = tmp_path_factory.mktemp("way") / "library.db"
    fill(db, tracks)
    found = titles(way(db, tracks[0], tracks[-1], Wish(count)))
    assert len(found) == len(set(found)) == min(count, size + 2)
    assert (found[0], found[-1]) == ("0", f"{size + 1}")


def test_it_is_far_more_even_than_a_path_by_chance(tmp_path: Path) -> None:
    """The largest step and the spread of the steps, beside random paths with the same ends."""
    random = np.random.default_rng(3)
    vectors = np.abs(random.normal(size=(600, 12)))
    tracks = [song(f"{number}", vector) for number, vector in enumerate(vectors)]
    fill(tmp_path / "library.db", tracks)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    largest, by_chance, spread, chance_spread = [], [], [], []
    for first, last in ((0, 1), (2, 3), (4, 5)):
        found = steps(way(tmp_path / "library.db", tracks[first], tracks[last], Wish(10)))
        largest.append(found.max())
        spread.append(found.std())
        for _ in range(20):
            chosen = [first, *random.choice(np.arange(6, 600), 8, replace=False), last]
            chance = np.arccos(np.einsum("ij,ij->i", unit[chosen[1:]], unit[chosen[:-1]]))
            by_chance.append(chance.max())
            chance_spread.append(chance.std())
    assert np.mean(largest) < 0.6 * np.mean(by_chance)
    assert np.mean(spread) < 0.6 * np.mean(chance_spread)


def test_the_filters_hold_on_the_way(tmp_path: Path) -> None:
    tracks = [
        replace(one, info=replace(one.info, artist="Ann" if number % 2 else "Bob"))
        for number, one in enumerate(on_a_circle(40))
    ]
    probabilities = [np.array(POP if number % 3 else FOLK, np.float32) for number in range(40)]
    tracks = [replace(one, probabilities=p) for one, p in zip(tracks, probabilities, strict=True)]
    ends = (replace(tracks[0], info=replace(tracks[0].info, artist="Ann")), tracks[39])
    fill(tmp_path / "library.db", [ends[0], *tracks[1:]])
    found = way(tmp_path / "library.db", *ends, Wish(6, same_genre=True, other_artist=True))
    assert len(found) == 6
    for alike in found[1:-1]:
        assert alike.track.info.artist == "Bob"
        assert alike.track.ranked()[0][0] == "Folk"


def test_the_genres_on_the_way_may_be_a_learnt_model_s(tmp_path: Path) -> None:
    """Every other track is Krautrock to it, by the first number, and Bossa Nova by the second; to the network
    all are Folk."""
    tracks = [replace(one, embedding=mine(number, one)) for number, one in enumerate(on_a_circle(41))]
    fill(tmp_path / "library.db", tracks)
    learnt = replace(learnt_model(MODEL.identity), shipped=())
    found = way(tmp_path / "library.db", tracks[0], tracks[40], Wish(8, same_genre=True, learnt=learnt))
    assert len(found) == 8
    assert {alike.track.ranked()[0][0] for alike in found} == {"Krautrock"}


def mine(number: int, track: Track) -> np.ndarray:
    assert track.embedding is not None
    values = np.zeros(SIZE, np.float32)
    values[number % 2] = 0.3
    values[3:6] = track.embedding
    return values


def test_the_same_recording_is_not_taken_for_a_step(tmp_path: Path) -> None:
    tracks = on_a_circle(11)
    copies = [replace(one, path=one.path + b".flac") for one in tracks]
    fill(tmp_path / "library.db", [*tracks, *copies])
    found = way(tmp_path / "library.db", tracks[0], tracks[10], Wish(5))
    assert len(set(titles(found))) == 5


def test_one_recording_at_both_ends(tmp_path: Path) -> None:
    tracks = on_a_circle(5)
    fill(tmp_path / "library.db", tracks)
    with pytest.raises(AudiotagError, match="the same track is at both ends"):
        way(tmp_path / "library.db", tracks[0], tracks[0], Wish(5))
    other = replace(tracks[0], path=b"/music/copy.mp3")
    fill(tmp_path / "library.db", [other])
    assert len(way(tmp_path / "library.db", tracks[0], other, Wish(5))) == 5


def test_opposites_have_no_way_between_them(tmp_path: Path) -> None:
    tracks = [song("a", [1, 0]), song("b", [-1, 0]), song("c", [0, 1])]
    fill(tmp_path / "library.db", tracks)
    with pytest.raises(AudiotagError, match="opposites"):
        way(tmp_path / "library.db", tracks[0], tracks[1], Wish(3))
