"""Which tracks an answer may have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.discovery.first_genres import FirstGenres
from audiotag.discovery.sieve import Wanted, folded, is_among, sieve_for
from audiotag.library.embeddings import Stored
from tests.helpers.tracks import MODEL


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
    sieve = sieve_for(replace(Wanted(np.empty(0, np.int64)), **wanted), FirstGenres(MODEL))
    assert sieve.columns == columns
    stored = Stored(np.array([1, 2, 3]), np.ones((3, 2), np.float16), tuple(each[name] for name in columns))
    assert stored.rows[sieve.passes(stored)].tolist() == passing


def test_names_are_compared_in_any_case() -> None:
    assert folded("  Die ÄRZTE ") == folded("die ärzte")
