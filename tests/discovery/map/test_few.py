"""The map of a small library: all of the plane is used, and who sounds alike lies side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.discovery.map.few import settle
from audiotag.discovery.map.layout import HEAP, MapSettings, lay
from audiotag.discovery.map.placing import Ground
from audiotag.discovery.map.progress import NoProgress
from tests.helpers.sound_alikes import made_tracks


def unit(vectors: np.ndarray) -> np.ndarray:
    found = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(found, np.float32)


def strangers(count: int, seed: int = 3) -> np.ndarray:
    """Embeddings that have nothing to do with each other."""
    return unit(np.random.default_rng(seed).standard_normal((count, 512)))


def laid(vectors: np.ndarray) -> np.ndarray:
    return lay(vectors.copy(), MapSettings(), 1, NoProgress())


def nearest(places: np.ndarray) -> np.ndarray:
    """Who is the nearest to each."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart.argmin(axis=1))


@pytest.mark.parametrize("count", [3, 5, 8, 11, 20, 24, 25, 40, 80])
def test_they_do_not_lie_in_a_line(count: int) -> None:
    places = laid(strangers(count))
    long, short = np.linalg.svd(places - places.mean(axis=0), compute_uv=False)
    assert short / long > 0.3


@pytest.mark.parametrize("count", [6, 10, 20, 40, 80])
def test_whoever_sounds_alike_lies_side_by_side(count: int) -> None:
    """Pairs of sounds, each pair far from all others."""
    pairs = np.repeat(strangers(count // 2), 2, axis=0)
    places = laid(unit(pairs + 0.02 * np.random.default_rng(4).standard_normal(pairs.shape)))
    assert nearest(places).tolist() == (np.arange(count) ^ 1).tolist()
    assert len(np.unique(places, axis=0)) == count


def test_three_that_are_alike_strange_to_each_other_are_a_triangle_of_even_sides() -> None:
    places = laid(np.eye(3, dtype=np.float32))
    sides = [np.linalg.norm(places[one] - places[one - 1]) for one in range(3)]
    assert sides == pytest.approx([sides[0]] * 3, rel=1e-3)


@pytest.mark.parametrize("count", [1, 2, 10, 50, 400])
def test_all_the_same_lie_in_a_heap(count: int) -> None:
    places = laid(np.repeat(strangers(1), count, axis=0))
    assert len(np.unique(places, axis=0)) == count
    assert np.ptp(places, axis=0).max() < HEAP


def test_others_do_not() -> None:
    for count in (2, 10, 50):
        tracks = np.array([track.embedding for track in made_tracks(count)])
        assert np.ptp(laid(unit(tracks)), axis=0).max() > HEAP


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 24), st.integers(0, 100), st.booleans())
def test_a_new_one_lies_beside_what_it_sounds_like(count: int, seed: int, same: bool) -> None:
    """Whatever comes with it, and wherever the map's own measure has brought it."""
    vectors = strangers(count, seed)
    places = laid(vectors) * 50
    likes = np.arange(count)
    new = unit(vectors + (0 if same else 0.02) * np.random.default_rng(seed).standard_normal((count, 512)))
    found = settle(new, vectors, places)
    apart = np.linalg.norm(found[:, None] - places[None], axis=2)
    assert (apart.argmin(axis=1) == likes).mean() > 0.9
    assert settle(new[:1], vectors, places) == pytest.approx(found[:1], abs=1e-6 * np.ptp(places) + 1e-9)


@pytest.mark.parametrize("count", [40, 120])
def test_on_a_map_of_some_hundred_too(count: int) -> None:
    """Each new one is a variation of one that is there, and lies nearer to it than to all but a few."""
    vectors = unit(np.array([track.embedding for track in made_tracks(count)]))
    new = unit(vectors + 0.01 * np.random.default_rng(2).standard_normal(vectors.shape))
    ground = Ground(vectors, laid(vectors), MapSettings(few=0))
    found = ground.place(ground.neighbours(new, NoProgress()))
    apart = np.linalg.norm(found[:, None] - ground.places[None], axis=2)
    rank = apart.argsort(axis=1).argsort(axis=1)[np.arange(count), np.arange(count)]
    assert (rank < 5).mean() > 0.8
