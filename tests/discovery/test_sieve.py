"""Which tracks an answer may have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.discovery.sieve import Wanted, folded, is_among, sieve_for, top_genres
from audiotag.library.embeddings import Stored
from audiotag.library.records import StoredModel
from tests.helpers.tracks import MODEL, track

FEW = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
THREE = st.lists(FEW, min_size=3, max_size=3)


@given(st.lists(THREE, min_size=1, max_size=5), st.lists(st.none() | FEW, min_size=3, max_size=3))
def test_the_first_genre_is_the_one_that_reports_name(
    probabilities: list[list[float]], thresholds: list[float | None]
) -> None:
    model = StoredModel("m", MODEL.genres, tuple(thresholds))
    found = top_genres(tuple(np.array(one, "<f4").tobytes() for one in probabilities), model)
    for number, one in zip(found.tolist(), probabilities, strict=True):
        assert model.genres[number] == track(b"/a.mp3", one, model).ranked()[0][0]


def test_of_what_is_not_known_there_is_no_genre() -> None:
    blobs = (None, b"short", np.full(3, np.nan, "<f4").tobytes())
    assert top_genres(blobs, MODEL).tolist() == [-1, -1, -1]


@given(st.lists(st.integers(0, 30)), st.lists(st.integers(0, 30)))
def test_rows_among_others(rows: list[int], others: list[int]) -> None:
    found = is_among(np.array(rows, np.int64), np.array(sorted(others), np.int64))
    assert found.tolist() == [row in others for row in rows]


@pytest.mark.parametrize(
    ("wanted", "columns", "passing"),
    [
        ({}, (), [1, 2, 3]),
        ({"rows": np.array([2])}, (), [1, 3]),
        ({"genres": frozenset({"Pop"})}, ("probabilities",), [2]),
        ({"artists": frozenset({"ann"})}, ("artist",), [2, 3]),
        ({"albums": frozenset({"straße".casefold()})}, ("album",), [1, 3]),
        ({"artists": frozenset({"ann"}), "albums": frozenset({"strasse"})}, ("artist", "album"), [3]),
    ],
)
def test_no_more_is_read_than_is_asked_for(
    wanted: dict[str, object], columns: tuple[str, ...], passing: list[int]
) -> None:
    each = {
        "probabilities": tuple(np.array(one, "<f4").tobytes() for one in np.eye(3)),
        "artist": (" ANN", "Bob", ""),
        "album": ("First", "STRASSE", ""),
    }
    sieve = sieve_for(replace(Wanted(np.empty(0, np.int64)), **wanted), MODEL)
    assert sieve.columns == columns
    stored = Stored(np.array([1, 2, 3]), np.ones((3, 2), np.float16), tuple(each[name] for name in columns))
    assert stored.rows[sieve.passes(stored)].tolist() == passing


def test_names_are_compared_in_any_case() -> None:
    assert folded("  Die ÄRZTE ") == folded("die ärzte")
