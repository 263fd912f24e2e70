"""The map's coordinates in a square."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from audiotag.reports.page.places import Square

numbers = st.floats(-1e6, 1e6)
points = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20)


@given(points)
def test_all_lie_within_it(some: list[tuple[float, float]]) -> None:
    square = Square.around(some)
    for place in map(square.place, some):
        assert all(-1e-6 <= value <= 1 + 1e-6 for value in place)


def test_x_and_y_have_the_same_scale() -> None:
    square = Square.around([(0, 0), (10, 2)])
    assert [square.place(point) for point in ((0, 0), (10, 2))] == [(0, 0.4), (1, 0.6)]


def test_one_lies_in_the_middle() -> None:
    assert Square.around([(7, 7)]).place((7, 7)) == (0.5, 0.5)


def test_what_is_no_number_does_not_count() -> None:
    square = Square.around([(math.nan, 0), (0, 0), (1, 1), (math.inf, 0)])
    assert square == Square.around([(0, 0), (1, 1)])
    assert math.isnan(square.place((math.nan, 0))[0])
    assert Square.around([]) == Square()
