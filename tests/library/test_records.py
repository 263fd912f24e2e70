"""What was heard, ranked: what is to be written comes first."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.library.records import Judged, StoredModel, best_first
from tests.helpers.tracks import MODEL, STYLED, failed, track

thresholds = st.none() | st.floats(0, 1)
judged = st.lists(st.builds(Judged, st.text(max_size=3), st.floats(0, 1), thresholds), max_size=6)


def names(probabilities: list[float], *limits: float | None) -> list[str]:
    model = StoredModel("made-up-2", ("A", "B", "C"), limits)
    return [genre for genre, _ in track(b"/a", probabilities, model).ranked()]


def test_a_genre_that_reaches_its_threshold_comes_before_likelier_ones_that_do_not() -> None:
    assert names([0.6, 0.9, 0.3], 0.5, 0.95, 0.2) == ["A", "C", "B"]


def test_a_genre_that_is_not_written_by_default_is_behind_those_that_are() -> None:
    assert names([0.5, 0.9, 0.7], 0.5, None, 0.75) == ["A", "B", "C"]


def test_of_two_as_likely_that_farther_above_its_threshold_comes_first() -> None:
    assert names([0.75, 0.75, 0.75], 0.5, 0.25, None) == ["B", "A", "C"]


def test_where_none_reaches_its_threshold_the_likeliest_comes_first() -> None:
    assert names([0.1, 0.2, 0.3], 0.5, 0.3, None) == ["C", "B", "A"]


@pytest.mark.parametrize(
    ("probabilities", "certain"),
    [([0.5, 0.9, 0.0], True), ([0.4, 0.9, 0.3], False), ([0.0, 0.0, 0.5], True)],
)
def test_a_track_is_certain_when_its_first_genre_reaches_its_threshold(
    probabilities: list[float], certain: bool
) -> None:
    assert track(b"/a", probabilities, STYLED).certain is certain


def test_probabilities_of_several_genres_need_not_sum_to_one() -> None:
    assert track(b"/a", [0.75, 1.0, 0.5], STYLED).ranked() == [
        ("Electronic", 0.75), ("Rock", 0.5), ("Instrumental", 1.0),
    ]  # fmt: skip


def test_styles_are_ranked_alike_and_by_parent() -> None:
    heard = track(b"/a", [0.75, 0.0, 0.5], STYLED, [0.5, 0.55, 0.9])
    assert [(style.name, style.reaches) for style in heard.judged_styles()] == [
        ("Punk", True), ("House", True), ("Chiptune", False),
    ]  # fmt: skip
    below = heard.styles_by_genre()
    assert {genre: [style.name for style in styles] for genre, styles in below.items()} == {
        "Electronic": ["House", "Chiptune"], "Rock": ["Punk"],
    }  # fmt: skip


def test_where_nothing_was_predicted_nothing_is_ranked() -> None:
    for nothing in (failed(b"/a"), track(b"/a", [0.1, 0.1, 0.1], STYLED), track(b"/a", [1, 0, 0], MODEL)):
        assert (nothing.judged_styles(), nothing.styles_by_genre()) == ([], {})
    assert (failed(b"/a").ranked(), failed(b"/a").certain) == ([], False)


@given(judged)
def test_laws(given_: list[Judged]) -> None:
    ranked = best_first(given_)
    assert sorted(ranked, key=repr) == sorted(given_, key=repr)
    reaching = [one for one in ranked if one.reaches]
    others = [one for one in ranked if not one.reaches]
    assert ranked == reaching + others
    for part in (reaching, others):
        assert all(one.probability >= next_.probability for one, next_ in pairwise(part))
