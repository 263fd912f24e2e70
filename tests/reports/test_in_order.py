"""Paths sorted by SQLite, as Python would sort them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.library.store import Store
from audiotag.reports.in_order import Key, PathsInOrder

KEYS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("library") / "library.db"
    Store(path, write=True).close()
    with Store(path, write=False) as store:  # one that is only read has temporary tables as well
        yield store


def rank(key: Key) -> tuple[int, Key]:
    """Nothing comes first, then numbers, then texts."""
    return (0, 0) if key is None else (2, key) if isinstance(key, str) else (1, key)


@given(paths=st.dictionaries(st.binary(max_size=4), st.tuples(st.integers(0, 1), KEYS, KEYS), max_size=20))
def test_each_parcel_is_sorted_by_its_keys_and_then_by_path(
    library: Store, paths: dict[bytes, tuple[int, Key, Key]]
) -> None:
    order = PathsInOrder(library, "tried")
    for path, (parcel, *keys) in paths.items():
        order.add(parcel, keys, path)
    for parcel in (0, 1):
        inside = [path for path, (number, *_) in paths.items() if number == parcel]
        expected = sorted(inside, key=lambda path: (*map(rank, paths[path][1:]), path))
        assert list(order.paths(parcel)) == expected
        assert list(order.paths(parcel, backwards=True)) == expected[::-1]
        assert order.count(parcel) == len(expected)


def test_more_than_a_page(library: Store) -> None:
    order = PathsInOrder(library, "tried")
    for number in range(2_500):
        order.add(0, (-number,), b"%d" % number)
    assert list(order.paths(0)) == [b"%d" % number for number in reversed(range(2_500))]
    assert list(order.paths(0, backwards=True)) == [b"%d" % number for number in range(2_500)]
