"""The map is kept: laid anew only where it has to be, each point with its sound, whole when interrupted."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.discovery.map.kept import corners_of, points_of
from audiotag.discovery.map.progress import NoProgress
from audiotag.discovery.map.update import MapSummary, map_points, update_map
from audiotag.errors import StoreError
from audiotag.library.exchange import exchange
from audiotag.library.lock import take_lock
from audiotag.library.store import Store
from tests.helpers.mapped import QUICK, TRACKS, Places, new_library, places, put, updated
from tests.helpers.people import as_somebody_else, open_folder
from tests.helpers.sound_alikes import MODEL
from tests.helpers.tracks import failed


class TestLaidAnew:
    def test_when_asked_as_if_it_were_the_first_time(self, db: Path, tmp_path: Path) -> None:
        put(tmp_path / "grown.db", TRACKS[:45])
        updated(tmp_path / "grown.db")
        put(tmp_path / "grown.db", TRACKS)
        summary, found = updated(tmp_path / "grown.db", replace(QUICK, remap=True))
        assert summary == MapSummary(sounds=60, laid=60)
        assert found == updated(db)[1]

    def test_when_most_has_come_since(self, tmp_path: Path) -> None:
        put(tmp_path / "library.db", TRACKS[:29])
        updated(tmp_path / "library.db")
        put(tmp_path / "library.db", TRACKS)
        assert updated(tmp_path / "library.db")[0] == MapSummary(sounds=60, laid=60)

    def test_when_another_model_listened(self, db: Path) -> None:
        updated(db)
        other = replace(MODEL, identity="other-1")
        put(db, [replace(track, model=other) for track in TRACKS[:50]])
        summary, found = updated(db)
        assert summary == MapSummary(sounds=50, laid=50, elsewhere=10)
        assert sorted(found) == [track.path for track in TRACKS[:50]]


class TestFiles:
    """A point belongs to a sound."""

    @pytest.fixture
    def before(self, db: Path) -> Places:
        return updated(db)[1]

    def test_a_moved_file_keeps_its_point(self, db: Path, before: Places) -> None:
        with Store(db, write=True) as store:
            store.move(TRACKS[3].path, replace(TRACKS[3], path=b"/elsewhere.mp3"))
            store.put(replace(TRACKS[4], size=1, mtime_ns=9))  # tags were written
        after = places(db)
        assert (after[b"/elsewhere.mp3"], after[TRACKS[4].path]) == (
            before[TRACKS[3].path],
            before[TRACKS[4].path],
        )
        assert updated(db)[0] == MapSummary(sounds=60)

    def test_files_that_exchange_their_names_keep_their_points(self, db: Path, before: Places) -> None:
        one, other = TRACKS[0].path, TRACKS[50].path
        with Store(db, write=True) as store:
            store.execute("CREATE TEMP TABLE moves (old BLOB, new BLOB)")
            store.execute_many("INSERT INTO moves VALUES (?, ?)", [(one, other), (other, one)])
            exchange(store, "temp.moves")
        after = places(db)
        assert (after[one], after[other]) == (before[other], before[one])

    def test_two_files_of_one_sound_share_a_point(self, db: Path, before: Places) -> None:
        put(db, [replace(TRACKS[7], path=b"/copy.mp3")])
        summary, after = updated(db)
        assert summary == MapSummary(sounds=60)
        assert after == {**before, b"/copy.mp3": before[TRACKS[7].path]}

    def test_a_file_that_is_gone_is_not_on_it_until_it_is_back(self, db: Path, before: Places) -> None:
        with Store(db, write=True) as store:
            store.set_missing(TRACKS[5].path, True)
        assert set(before) - set(updated(db)[1]) == {TRACKS[5].path}
        with Store(db, write=True) as store:
            store.set_missing(TRACKS[5].path, False)
        assert updated(db) == (MapSummary(sounds=60), before)

    def test_points_of_forgotten_files_do_not_pile_up(self, db: Path, before: Places) -> None:
        with Store(db, write=True) as store:
            for track in TRACKS[:5]:
                store.forget(track.path)
            store.put(replace(TRACKS[0], fingerprint=b"another", path=b"/new.mp3"))
        assert updated(db)[0].placed == 1
        with Store(db, write=False) as store:
            assert store.execute("SELECT count(*) FROM map_points") == [(56,)]

    def test_a_file_without_fingerprint_goes_by_its_path_until_it_has_one(self, tmp_path: Path) -> None:
        db = tmp_path / "library.db"
        put(db, [replace(track, fingerprint=None) for track in TRACKS])
        before = updated(db)[1]
        assert len(before) == 60
        with Store(db, write=True) as store:
            store.set_fingerprint(TRACKS[9].path, b"now it has one..")
            store.move(
                TRACKS[9].path, replace(TRACKS[9], fingerprint=b"now it has one..", path=b"/moved.mp3")
            )
        assert places(db)[b"/moved.mp3"] == before[TRACKS[9].path]
        assert updated(db)[0] == MapSummary(sounds=60)


class Interrupting(NoProgress):
    """Ends the work when so much is done, as Ctrl-C does."""

    def __init__(self, after: int) -> None:
        self._left = after

    def advance(self, steps: int) -> None:
        self._left -= steps
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGINT)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 110), st.booleans())
def test_interrupted_it_is_as_it_was(after: int, had_a_map: bool) -> None:
    """60 sounds find their neighbours, then there are 50 steps of laying."""
    with new_library(TRACKS) as db:
        before = updated(db)[1] if had_a_map else {}
        with pytest.raises(KeyboardInterrupt), Store(db, write=False) as store:
            update_map(store, replace(QUICK, remap=True), Interrupting(after))
        assert places(db) == before
        assert updated(db)[0] == (MapSummary(sounds=60) if had_a_map else MapSummary(sounds=60, laid=60))


class TestNotKept:
    """A library that cannot be written has a map all the same, for as long as it is open."""

    def test_while_another_run_holds_it(self, db: Path) -> None:
        lock = take_lock(db)
        try:
            with Store(db, write=False) as store:
                summary = update_map(store, QUICK, NoProgress())
                assert summary.not_kept == "another run of audiotag holds the library"
                found = map_points(store)
                assert update_map(store, QUICK, NoProgress()) == MapSummary(sounds=60)
            assert places(db) == {}
        finally:
            os.close(lock)
        assert updated(db) == (MapSummary(sounds=60, laid=60), found)

    def test_new_tracks_in_one_that_may_only_be_read(self) -> None:
        with open_folder() as folder:
            db = folder / "library.db"
            put(db, TRACKS[:40])
            before = updated(db)[1]
            put(db, TRACKS)
            for path in folder.iterdir():
                path.chmod(0o444)
            folder.chmod(0o555)
            names = sorted(os.listdir(folder))
            summary, after = as_somebody_else(lambda: updated(db))
            assert (summary.placed, "Permission denied" in str(summary.not_kept)) == (20, True)
            assert len(after) == 60
            assert {path: after[path] for path in before} == before
            assert (places(db), sorted(os.listdir(folder))) == (before, names)

    def test_by_a_store_that_is_open_for_writing_it_is_kept(self, db: Path) -> None:
        with Store(db, write=True) as store:
            assert update_map(store, QUICK, NoProgress()) == MapSummary(sounds=60, laid=60)
            found = map_points(store)
        assert places(db) == found


class TestHeardAnew:
    """Another model listens, a few tracks a night; until it has heard as much as the one before, the map
    stays."""

    OTHER = replace(MODEL, identity="other-1")

    def hear(self, db: Path, first: int, end: int) -> None:
        put(db, [replace(track, model=self.OTHER) for track in TRACKS[first:end]])

    def test_the_map_stays_and_nobody_leaves_it(self, db: Path) -> None:
        before = updated(db)[1]
        self.hear(db, 0, 20)
        assert updated(db) == (MapSummary(sounds=40, elsewhere=20, is_of_before=True), before)
        put(db, [replace(TRACKS[0], model=self.OTHER, path=b"/new.mp3", fingerprint=b"new")])
        assert updated(db) == (MapSummary(sounds=40, elsewhere=21, is_of_before=True), before)

    def test_it_is_laid_anew_when_as_much_is_heard(self, db: Path) -> None:
        updated(db)
        self.hear(db, 0, 30)
        summary, found = updated(db)
        assert summary == MapSummary(sounds=30, laid=30, elsewhere=30)
        assert sorted(found) == [track.path for track in TRACKS[:30]]
        self.hear(db, 30, 40)
        summary, after = updated(db)
        assert (summary.placed, {path: after[path] for path in found}) == (10, found)

    def test_or_when_that_is_asked_for(self, db: Path) -> None:
        updated(db)
        self.hear(db, 0, 5)
        summary, found = updated(db, replace(QUICK, remap=True))
        assert (summary.laid, len(found)) == (5, 5)

    def test_who_could_not_be_heard_again_leaves_it(self, db: Path) -> None:
        before = updated(db)[1]
        self.hear(db, 0, 5)
        put(db, [replace(failed(TRACKS[9].path), fingerprint=TRACKS[9].fingerprint)])
        assert set(before) - set(updated(db)[1]) == {TRACKS[9].path}


@pytest.mark.parametrize("value", ["nowhere", b"\x01", "12,5"])
def test_a_point_that_is_no_number_is_named_and_can_be_mended(db: Path, value: object) -> None:
    updated(db)
    with Store(db, write=True) as store:
        store.execute("UPDATE map_points SET x = ? WHERE sound = ?", (value, TRACKS[3].fingerprint))
    for look in (updated, places):
        with pytest.raises(StoreError, match=r"library\.db: its map is damaged.*--remap' lays it anew"):
            look(db)
    assert updated(db, replace(QUICK, remap=True))[0].laid == 60
    assert len(places(db)) == 60


class TestSomeOfIt:
    """What the page asks for: of a few tracks at a time where they lie, and how far all of them reach."""

    def test_where_tracks_lie(self, db: Path) -> None:
        every = updated(db)[1]
        with Store(db, write=False) as store:
            asked = [track.path for track in TRACKS[10:20]]
            assert points_of(store, [*asked, b"/nobody"]) == {path: every[path] for path in asked}
            assert points_of(store, []) == {}

    def test_how_far_they_reach(self, db: Path) -> None:
        every = updated(db)[1]
        with Store(db, write=True) as store:
            folder = b"/music/Artist 001"
            inside = [place for path, place in every.items() if path.startswith(folder + b"/")]
            corners = list(corners_of(store, [folder]))
            assert 0 < len(inside) < 60
            for axis in (0, 1):
                assert min(corner[axis] for corner in corners) == min(place[axis] for place in inside)
                assert max(corner[axis] for corner in corners) == max(place[axis] for place in inside)
            store.execute("UPDATE map_points SET x = 9e999 WHERE sound = ?", (TRACKS[3].fingerprint,))
            assert all(abs(value) < 1e9 for corner in corners_of(store) for value in corner)
            assert list(corners_of(store, [b"/nowhere"])) == []
