"""The journal: what it keeps, in which order, and whose a genre is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audiotag.library.store import Store
from audiotag.tags.journal import Journal, Origin
from audiotag.tags.writer import Record
from tests.tracks import MODEL

SONG = b"/m/\xff\n.mp3"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "library.db", write=True) as opened:
        yield opened


@pytest.fixture
def journal(store: Store) -> Journal:
    return Journal(store)


def record(old: str, new: str) -> Record:
    return Record("1:2:3:4", "1:5:6:7", {"genre": (old,)}, {"genre": (new,)}, b"\0delta")


def noted(journal: Journal, run: int, old: str, new: str, undo_of: int | None = None) -> int:
    """A write that was planned and happened."""
    number = journal.plan(run, SONG, record(old, new), Origin((old,), MODEL, undo_of))
    journal.settle(number, "committed")
    return number


def test_a_write_is_read_back_as_it_was_noted(journal: Journal) -> None:
    run = journal.begin("tag")
    number = noted(journal, run, "Folk", "Röck")
    (write,) = journal.writes(run)
    assert (write.id, write.run, write.path, write.state) == (number, run, SONG, "committed")
    assert (write.record, write.found, write.undo_of) == (record("Folk", "Röck"), ("Folk",), None)


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


def test_writes_come_by_path_and_folder_in_any_number(journal: Journal) -> None:
    run = journal.begin("tag")
    paths = [b"/m/%s/%03d.mp3" % (folder, i) for folder in (b"a", b"ab") for i in range(250)]
    for path in paths:
        journal.plan(run, path, record("Folk", "Rock"), Origin())
    assert [write.path for write in journal.writes(run)] == paths
    assert [write.path for write in journal.writes(run, [b"/m/a"])] == paths[:250]
    assert [write.path for write in journal.writes(run, [paths[3], b"/nowhere"])] == [paths[3]]
    assert journal.last_tag_run([b"/m/ab"]) == run
    assert journal.last_tag_run([b"/m/abc"]) is None
    assert len(journal.pending()) == 500


class TestWhoseItIs:
    def test_nothing_was_written(self, journal: Journal) -> None:
        assert journal.wrote(SONG, ("Rock",)) is None

    def test_the_last_write_counts_as_long_as_the_genre_is_so(self, journal: Journal) -> None:
        run = journal.begin("tag")
        noted(journal, run, "Folk", "Pop")
        last = noted(journal, run, "Pop", "Rock")
        written = journal.wrote(SONG, ("Rock",))
        assert written is not None
        assert written.id == last
        assert journal.wrote(SONG, ("Pop",)) is None
        assert journal.wrote(SONG, ("Rock", "Polka")) is None

    def test_an_undo_goes_back_to_what_was_before(self, journal: Journal) -> None:
        run = journal.begin("tag")
        first = noted(journal, run, "Folk", "Pop")
        second = noted(journal, run, "Pop", "Rock")
        undo = noted(journal, run, "Rock", "Pop", undo_of=second)
        written = journal.wrote(SONG, ("Pop",))
        assert written is not None
        assert written.id == first
        noted(journal, run, "Pop", "Rock", undo_of=undo)
        written = journal.wrote(SONG, ("Rock",))
        assert written is not None
        assert written.id == second

    def test_the_undo_of_the_first_write_makes_it_the_user_s(self, journal: Journal) -> None:
        run = journal.begin("tag")
        noted(journal, run, "Pop", "Folk", undo_of=noted(journal, run, "Folk", "Pop"))
        assert journal.wrote(SONG, ("Folk",)) is None

    def test_an_old_genre_of_audiotag_s_that_somebody_chose_is_the_user_s(self, journal: Journal) -> None:
        run = journal.begin("tag")
        noted(journal, run, "Folk", "Rock")
        second = noted(journal, run, "Jazz", "Pop")
        noted(journal, run, "Pop", "Jazz", undo_of=second)
        assert journal.wrote(SONG, ("Rock",)) is None
        assert journal.is_as_left(SONG, ("Jazz",))
        assert not journal.is_as_left(SONG, ("Rock",))

    def test_failed_writes_do_not_count_and_planned_ones_if_they_happened(self, journal: Journal) -> None:
        run = journal.begin("tag")
        first = noted(journal, run, "Folk", "Pop")
        journal.settle(journal.plan(run, SONG, record("Pop", "Jazz"), Origin()), "failed", "full")
        planned = journal.plan(run, SONG, record("Pop", "Rock"), Origin())
        for genre, expected in (("Pop", first), ("Rock", planned)):
            written = journal.wrote(SONG, (genre,))
            assert written is not None
            assert written.id == expected


def test_its_commits_are_on_the_disk(store: Store, journal: Journal) -> None:
    journal.begin("tag")
    assert store.execute("PRAGMA synchronous") == [(2,)]
