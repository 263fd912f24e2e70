"""The journal: what it keeps, in which order, and whose a genre is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from audiotag.library.store import Store
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import Record
from tests.helpers.tracks import MODEL
from tests.tags.journalled import writes_of

SONG, FILE = b"/m/\xff\n.mp3", 1


@pytest.fixture
def journal(store: Store) -> Journal:
    return Journal(store)


def record(old: str, new: str) -> Record:
    return Record("1:2:3:4", "1:5:6:7", {"genre": (old,)}, {"genre": (new,)}, b"\0delta", b"sound", b"all")


def noted(journal: Journal, run: int, old: str, new: str, undo_of: int | None = None) -> int:
    """A write of the song that was planned and happened: of the first file that was ever written."""
    number = journal.plan(run, SONG, record(old, new), Origin((old,), MODEL, undo_of, FILE))
    journal.settle(number, "committed")
    return number


def test_a_write_is_read_back_as_it_was_noted(journal: Journal, store: Store) -> None:
    run = journal.begin("tag")
    number = noted(journal, run, "Folk", "Röck")
    (write,) = writes_of(store, run)
    assert (write.id, write.run, write.path, write.state) == (number, run, SONG, "committed")
    assert (write.found, write.undo_of, write.file) == (("Folk",), None, FILE)
    # The delta may be long, and is read where it is wanted.
    assert write.record == replace(record("Folk", "Röck"), delta=None)
    assert journal.delta(number) == b"\0delta"


def test_runs_tell_what_they_did(journal: Journal) -> None:
    first = journal.begin("tag")
    noted(journal, first, "Folk", "Rock")
    journal.refuse(first, b"/m/b.mp3", "read-only", Origin())
    assert journal.unfinished() == [first]
    journal.finish(first)
    second = journal.begin("undo", first)
    assert [(run.id, run.kind, run.undo_of, run.written, run.failed) for run in journal.runs()] == [
        (first, "tag", None, 1, 1),
        (second, "undo", first, 0, 0),
    ]
    assert journal.run(first) == journal.runs()[0]
    assert journal.run(99) is None
    assert journal.unfinished() == [second]


def test_the_last_run_is_told_by_folder(journal: Journal) -> None:
    run = journal.begin("tag")
    paths = [b"/m/%s/%03d.mp3" % (folder, i) for folder in (b"a", b"ab") for i in range(250)]
    for path in paths:
        journal.plan(run, path, record("Folk", "Rock"), Origin())
    assert journal.last_tag_run([b"/m/ab"]) == run
    assert journal.last_tag_run([paths[3], b"/nowhere"]) == run
    assert journal.last_tag_run([b"/m/abc"]) is None
    assert len(journal.pending()) == 500


def test_a_written_file_is_known_by_its_first_write_wherever_it_lies(journal: Journal, store: Store) -> None:
    run = journal.begin("tag")
    first = journal.plan(run, SONG, record("Folk", "Pop"), Origin())
    other = journal.plan(run, b"/m/copy.mp3", record("Folk", "Pop"), Origin())
    last = journal.plan(run, b"/m/moved.mp3", record("Pop", "Rock"), Origin(file=first))
    assert [(one.number, one.path, one.last) for one in journal.written_files(b"sound")] == [
        (other, b"/m/copy.mp3", other),
        (first, b"/m/moved.mp3", last),
    ]
    assert {write.path for write in writes_of(store, run)} == {b"/m/copy.mp3", b"/m/moved.mp3"}
    assert journal.written_files(b"another") == []


def test_what_few_files_of_a_long_run_are_is_told_by_index(journal: Journal, store: Store) -> None:
    run = journal.begin("tag")
    journal.plan(run, SONG, record("Folk", "Rock"), Origin())
    plans: list[str] = []
    real = store.execute

    def spy(query: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[tuple[Any, ...]]:
        if query.startswith("SELECT"):
            plans.extend(str(row[3]) for row in real("EXPLAIN QUERY PLAN " + query, values))
        return real(query, values)

    store.execute = spy  # type: ignore[method-assign]
    assert journal.last_tag_run([b"/m"]) == run
    assert journal.run(run) is not None
    assert plans
    for plan in plans:
        assert "SCAN writes" not in plan
        assert "TEMP B-TREE" not in plan, "rows are read in the order of an index"
        if "writes_by_run" in plan:
            assert "path>" in plan


class TestWhoseItIs:
    def test_nothing_was_written(self, journal: Journal) -> None:
        assert journal.wrote(FILE, ("Rock",)) is None

    def test_the_last_write_counts_as_long_as_the_genre_is_so(self, journal: Journal) -> None:
        run = journal.begin("tag")
        noted(journal, run, "Folk", "Pop")
        last = noted(journal, run, "Pop", "Rock")
        written = journal.wrote(FILE, ("Rock",))
        assert written is not None
        assert written.id == last
        assert journal.wrote(FILE, ("Pop",)) is None
        assert journal.wrote(FILE, ("Rock", "Polka")) is None

    def test_an_undo_goes_back_to_what_was_before(self, journal: Journal) -> None:
        run = journal.begin("tag")
        first = noted(journal, run, "Folk", "Pop")
        second = noted(journal, run, "Pop", "Rock")
        undo = noted(journal, run, "Rock", "Pop", undo_of=second)
        written = journal.wrote(FILE, ("Pop",))
        assert written is not None
        assert written.id == first
        noted(journal, run, "Pop", "Rock", undo_of=undo)
        written = journal.wrote(FILE, ("Rock",))
        assert written is not None
        assert written.id == second

    def test_the_undo_of_the_first_write_makes_it_the_user_s(self, journal: Journal) -> None:
        run = journal.begin("tag")
        noted(journal, run, "Pop", "Folk", undo_of=noted(journal, run, "Folk", "Pop"))
        assert journal.wrote(FILE, ("Folk",)) is None

    def test_an_old_genre_of_audiotag_s_that_somebody_chose_is_the_user_s(self, journal: Journal) -> None:
        run = journal.begin("tag")
        noted(journal, run, "Folk", "Rock")
        second = noted(journal, run, "Jazz", "Pop")
        noted(journal, run, "Pop", "Jazz", undo_of=second)
        assert journal.wrote(FILE, ("Rock",)) is None
        assert journal.is_as_left(FILE, ("Jazz",))
        assert not journal.is_as_left(FILE, ("Rock",))

    def test_failed_writes_do_not_count_and_planned_ones_if_they_happened(self, journal: Journal) -> None:
        run = journal.begin("tag")
        first = noted(journal, run, "Folk", "Pop")
        journal.settle(journal.plan(run, SONG, record("Pop", "Jazz"), Origin(file=FILE)), "failed", "full")
        planned = journal.plan(run, SONG, record("Pop", "Rock"), Origin(file=FILE))
        for genre, expected in (("Pop", first), ("Rock", planned)):
            written = journal.wrote(FILE, (genre,))
            assert written is not None
            assert written.id == expected


def test_its_commits_are_on_the_disk(store: Store, journal: Journal) -> None:
    journal.begin("tag")
    assert store.execute("PRAGMA synchronous") == [(2,)]
