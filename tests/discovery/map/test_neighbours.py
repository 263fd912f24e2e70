"""The nearest are those that a look at every pair finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.discovery.map import neighbours as map_neighbours
from audiotag.discovery.map.neighbours import nearest


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 20), st.booleans())
def test_they_are_those_of_every_pair(seed: int, many: int, count: int, selves: bool) -> None:
    random = np.random.default_rng(seed)
    among = random.normal(size=(many, 5)).astype(np.float32)
    wanted = among if selves else random.normal(size=(7, 5)).astype(np.float32)
    count = min(count, many - selves)
    done: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(map_neighbours, "_BLOCK", 3 * many)  # three wanted ones at a time
        positions, distances = nearest(wanted, among, count, done.append, selves)
    apart = np.linalg.norm(wanted[:, None].astype(float) - among[None], axis=2)
    if selves:
        np.fill_diagonal(apart, np.inf)
    np.testing.assert_allclose(distances, np.sort(apart, axis=1)[:, :count], atol=1e-3)
    np.testing.assert_allclose(np.take_along_axis(apart, positions, axis=1), distances, atol=1e-3)
    assert sum(done) == len(wanted)


def test_of_two_as_near_the_first_comes_first() -> None:
    among = np.array([[5, 0], [1, 0], [-1, 0], [0, 0]], np.float32)
    positions, distances = nearest(among[3:], among, 3, lambda _: None)
    assert (positions.tolist(), distances.tolist()) == ([[3, 1, 2]], [[0, 1, 1]])
