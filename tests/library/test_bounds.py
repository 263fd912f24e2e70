"""No number that a file or a file system can state is too much for the library."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.library.bounds import bounded, stamp
from audiotag.library.changes import Changes, Wanted
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile, find_audio
from audiotag.pipeline.identify import is_steady
from audiotag.tags.formats.containers import SUFFIXES
from tests.helpers.tracks import MODEL, track

YEAR = 31_557_600 * 10**9
YEARS = {"1901": -2_147_000_000 * 10**9, "1969": -1, "1970": 0, "2261": 9_190_000_000 * 10**9}
YEARS |= {str(year): (year - 1970) * YEAR + 123_456_789 for year in (2300, 2400, 9999)}


@given(st.integers())
def test_every_whole_number_fits(number: int) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        (kept,) = db.execute("SELECT ?", (bounded(number),)).fetchone()
    assert kept == bounded(number) == bounded(kept)
    assert (kept == number) == (-(2**63) <= number < 2**63)


@given(st.integers(-(2**63), 2**64 - 1), st.integers(-(2**63), 2**64 - 1))
def test_times_and_inodes_stay_apart(one: int, other: int) -> None:
    if abs(one - other) < 2**64:
        assert (bounded(one) == bounded(other)) == (one == other)


@given(st.one_of(st.floats(), st.text(st.characters(exclude_categories=[])), st.binary(), st.none()))
def test_everything_else_fits_as_well(value: object) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        (kept,) = db.execute("SELECT ?", (bounded(value),)).fetchone()
    assert kept == bounded(value)
    if isinstance(value, bytes) or value is None:
        assert kept == value


@pytest.mark.parametrize("duration", [float("inf"), float("-inf"), float("nan")])
def test_a_length_that_is_no_number_is_unknown(duration: float, tmp_path: Path) -> None:
    with Store(tmp_path / "l.db", write=True) as store:
        store.put(replace(track(b"/a.mp3", [1.0, 0.0, 0.0]), duration=duration, windows=2**70))
        (read,) = store.tracks()
    assert read.duration is None


def survey_of(store: Store, *files: FoundFile) -> tuple[Changes, int, int]:
    """The survey; how many are to be extracted, how many are unchanged."""
    changes = Changes(store)
    changes.fill(iter(files))
    counts = changes.compare(Wanted(store.remember(MODEL), "all"))
    return changes, counts.to_extract, counts.unchanged


@pytest.mark.parametrize("year", YEARS)
def test_a_file_of_any_year_is_known_again(year: str, tmp_path: Path) -> None:
    found = FoundFile(b"/a.mp3", 1_000, YEARS[year])
    row = replace(track(b"/a.mp3", [1.0, 0.0, 0.0]), fingerprint=b"f", mtime_ns=found.mtime_ns)
    with Store(tmp_path / "l.db", write=True) as store:
        _, to_extract, _ = survey_of(store, found)
        assert to_extract == 1
        store.put(row)
        assert survey_of(store, found)[1:] == (0, 1)
        for other in (found.mtime_ns + 1, found.mtime_ns + YEAR, found.mtime_ns - 100 * YEAR):
            assert survey_of(store, replace(found, mtime_ns=other))[1:] == (1, 0), "it changed"
        store.restamp(b"/a.mp3", (1_000, found.mtime_ns), (1_000, found.mtime_ns + YEAR), None)
        assert survey_of(store, replace(found, mtime_ns=found.mtime_ns + YEAR))[1:] == (0, 1)


@pytest.mark.parametrize("year", ["1901", "1969", "1970", "2261", "2300", "2400"])
def test_a_real_file_of_that_year_is_the_one_that_was_found(year: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"sound")
    os.utime(path, ns=(YEARS[year], YEARS[year]))
    if path.stat().st_mtime_ns // 10**9 != YEARS[year] // 10**9:
        pytest.skip("this file system has no such times")
    (walked,) = find_audio([os.fsencode(tmp_path)], SUFFIXES)
    assert is_steady(walked)
    with Store(tmp_path / "l.db", write=True) as store:
        changes, _, _ = survey_of(store, walked)
        (todo,) = changes.todo("new")
    assert is_steady(todo.found)
    assert stamp(path.stat()) == (todo.found.size, todo.found.mtime_ns)


def test_the_sizes_of_huge_sparse_files_are_added_up(tmp_path: Path) -> None:
    files = [FoundFile(b"/%d.wav" % number, 2**63 - 1, 5) for number in range(3)]
    with Store(tmp_path / "l.db", write=True) as store:
        changes = Changes(store)
        changes.fill(iter(files))
        counts = changes.compare(Wanted(store.remember(MODEL), "all"))
    assert counts.to_extract == 3
    assert counts.size == pytest.approx(3 * 2**63)
