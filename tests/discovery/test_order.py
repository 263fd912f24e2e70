"""The order in which tracks flow into one another: all of them, and each near to the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from audiotag.discovery.order import Flow, flowing
from audiotag.library.embeddings import Space, embeddings, latest_space
from audiotag.library.store import Store
from tests.helpers.sound_alikes import fill_alike


def mean_step(points: np.ndarray, order: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points[order], axis=0), axis=1).mean())


def mean_distance(vectors: np.ndarray) -> float:
    """By the cosine of the angle between each and the next."""
    return float(1 - np.einsum("ij,ij->i", vectors[1:], vectors[:-1]).mean())


def in_square(count: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 2)).astype(np.float32)


@given(
    of_numpy.arrays(
        np.float32, st.tuples(st.integers(0, 40), st.integers(1, 4)), elements=st.floats(-100, 100, width=16)
    )
)
def test_every_track_has_one_place_whatever_they_sound_like(points: np.ndarray) -> None:
    assert sorted(flowing(points)) == list(range(len(points)))


def test_points_on_a_line_are_walked_from_end_to_end() -> None:
    places = np.random.default_rng(3).permutation(200).astype(np.float32)[:, None]
    walked = places[flowing(places), 0]
    assert walked.tolist() in ([*range(200)], [*range(199, -1, -1)])


def test_the_way_is_hardly_longer_than_the_shortest() -> None:
    """Through n points of a square the shortest is 0.7124 √n long (Johnson and McGeoch, 1996), a little more
    where so few of them lie inside. The nearest neighbour alone makes it a quarter longer."""
    points = in_square(1_000)
    length = mean_step(points, flowing(points)) * 999
    assert length < 1.12 * 0.7124 * np.sqrt(1_000)


def test_the_same_points_give_the_same_way() -> None:
    points = in_square(500)
    assert flowing(points).tolist() == flowing(points.copy()).tolist()


def test_tracks_that_all_sound_the_same_are_no_trouble() -> None:
    assert sorted(flowing(np.ones((3_000, 4), np.float32))) == list(range(3_000))


@pytest.mark.parametrize("block", [40, 300])
def test_many_are_walked_block_by_block(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each point once, and the way is still a small part of a random one."""
    monkeypatch.setattr("audiotag.discovery.order._BLOCK", block)
    points = in_square(2_000)
    order = flowing(points)
    assert sorted(order) == list(range(2_000))
    assert mean_step(points, order) < 1.5 * 0.7124 / np.sqrt(2_000)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alike") / "library.db"
    fill_alike(path, 1_500, size=64)
    return path


class TestOfALibrary:
    def test_steps_are_clearly_smaller_than_by_artist_or_at_random(self, library: Path) -> None:
        with Store(library, write=False) as store:
            space = space_of(store)
            chunks = list(embeddings(store, space))
            rows = np.concatenate([chunk.rows for chunk in chunks])
            vectors = np.concatenate([chunk.vectors for chunk in chunks])
            # One genre's, as a playlist has them: every sixth artist has it. They lie in order of artist.
            some = np.flatnonzero(np.arange(len(rows)) // 30 % 6 == 2)
            order = Flow(store, space).order(rows[some].tolist())
        flow = np.searchsorted(rows, order)
        random = np.random.default_rng(3).permutation(some)
        assert sorted(order) == rows[some].tolist()
        steps = [mean_distance(vectors[way]) for way in (flow, some, random)]
        assert steps[0] < 0.9 * steps[1]  # even here, where an artist's songs do sound alike
        assert steps[0] < 0.5 * steps[2]

    def test_what_has_no_embedding_comes_last(self, library: Path) -> None:
        with Store(library, write=False) as store:
            order = Flow(store, space_of(store)).order([10_001, 3, 10_000, 7, 5])
        assert sorted(order[:3]) == [3, 5, 7]
        assert order[3:] == [10_001, 10_000]


def space_of(store: Store) -> Space:
    space = latest_space(store)
    assert space is not None
    return space
