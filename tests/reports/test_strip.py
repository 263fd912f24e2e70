"""Genres over time, on a line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.model.average import TrackPrediction
from audiotag.pipeline.over_time import OverTime
from audiotag.reports.strip import axis, clock, columns_of, strip, top_genres

WINDOW = 20.0


def heard(*jazz: float | None, rest: float = 0.0, last: float = WINDOW) -> OverTime:
    """Windows one after the other, None where there is silence, each with so much Jazz and as much Rock as
    is missing to one. last: how much of the last one is not heard twice."""
    starts = [WINDOW * number for number in range(len(jazz))]
    starts[-1] -= WINDOW - last
    there = [number for number, value in enumerate(jazz) if value is not None]
    values = np.array([[jazz[number], 1 - (jazz[number] or 0), rest] for number in there], np.float32)
    seconds = WINDOW * (len(jazz) - 1) + last
    nothing = TrackPrediction(np.zeros(3), np.zeros(1), np.zeros(0), len(there))
    return OverTime(seconds, WINDOW, np.array(starts, np.float32)[there], values, nothing)


def jazz_line(over_time: OverTime, columns: int) -> str:
    return strip(columns_of(over_time, columns)[0])


def test_one_sees_the_solo_in_the_middle() -> None:
    assert jazz_line(heard(0.0, 0.1, 1.0, 0.9, 0.1, 0.0), 12) == "  ▁▁██▇▇▁▁  "


def test_silence_is_seen_as_such() -> None:
    assert jazz_line(heard(1.0, None, None, 0.5), 8) == "██····▄▄"


def test_where_two_windows_overlap_it_is_their_mean() -> None:
    """The last one ends with the track, half of it is heard twice."""
    assert jazz_line(heard(0.0, 1.0, last=10.0), 6) == "  ▄▄██"


def test_of_a_mix_of_ten_hours_every_window_counts() -> None:
    mix = heard(*[0.0] * 1_000, 1.0, *[0.0] * 800)
    line = columns_of(mix, 60)[0]
    assert line[33] == pytest.approx(1 / 30, rel=0.1)
    assert np.delete(line, 33) == pytest.approx(0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(1, 80), st.floats(1, WINDOW))
def test_a_line_has_its_columns_and_no_more_than_was_heard(
    values: list[float], columns: int, last: float
) -> None:
    over_time = heard(*values, last=last if len(values) > 1 else WINDOW)
    found = columns_of(over_time, columns)
    assert found.shape == (3, columns)
    assert not np.isnan(found).any()
    assert min(values) - 1e-5 <= found[0].min() <= found[0].max() <= max(values) + 1e-5
    np.testing.assert_allclose(found[0] + found[1], 1, atol=1e-5)
    for ascii_only in (False, True):
        assert len(strip(found[0], ascii_only)) == columns
    assert strip(found[0], ascii_only=True).isascii()


def test_the_genres_that_are_shown_are_those_that_are_heard_somewhere() -> None:
    over_time = heard(0.0, 0.0, 0.0, 0.9, rest=0.2)
    assert top_genres(over_time, 2) == [1, 0]
    assert top_genres(over_time, 9) == [1, 0, 2]


def test_times_below_it() -> None:
    assert axis(170, 44) == "0:00         0:57          1:53         2:50"
    assert axis(36_000, 20) == "0:00        10:00:00"
    assert [clock(each) for each in (0, 59.6, 185, 3_723)] == ["0:00", "1:00", "3:05", "1:02:03"]
