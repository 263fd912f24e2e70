"""The written files of a run come in order, in any number, and few of many by an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from audiotag.library.store import Store
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import Record
from audiotag.tags.whereabouts import GONE, find_written

PATHS = [b"/m/%s/%03d.mp3" % (folder, i) for folder in (b"a", b"ab") for i in range(250)]


@pytest.fixture
def run(store: Store) -> int:
    """One that wrote 500 files, which are gone."""
    journal = Journal(store)
    number = journal.begin("tag")
    for path in PATHS:
        record = Record("1:2:3:4", "1:5:6:7", {"genre": ("Folk",)}, {"genre": ("Rock",)}, b"", sound=path)
        journal.plan(number, path, record, Origin())
    return number


def test_they_come_by_path_and_folder_in_any_number(store: Store, run: int) -> None:
    def found(*under: bytes) -> list[bytes]:
        places = list(find_written(store, run, under))
        assert {place.reason for place in places} == {GONE}
        return [place.write.path for place in places]

    assert found() == PATHS
    assert found(b"/m/a") == PATHS[:250]
    assert found(PATHS[3], b"/nowhere") == [PATHS[3]]


def test_few_of_many_are_told_by_index(store: Store, run: int) -> None:
    plans: list[str] = []
    real = store.execute

    def spy(query: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[tuple[Any, ...]]:
        if "FROM writes WHERE run = ?" in query:
            plans.extend(str(row[3]) for row in real("EXPLAIN QUERY PLAN " + query, values))
        return real(query, values)

    store.execute = spy  # type: ignore[method-assign]
    assert len(list(find_written(store, run, PATHS[:1]))) == 1
    assert plans
    for plan in plans:
        assert "writes_by_run" in plan
        assert "path>" in plan
