"""The map: near what sounds alike, the same for the same library, and what is on it stays where it is."""

from __future__ import annotations

import os
import random
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.discovery.map import MapOptions, MapSummary, map_points, update_map
from audiotag.discovery.map_layout import MapSettings
from audiotag.discovery.map_progress import NoProgress
from audiotag.library.exchange import exchange
from audiotag.library.lock import take_lock
from audiotag.library.records import Track
from audiotag.library.store import Store
from tests.helpers.people import as_somebody_else, open_folder
from tests.helpers.sound_alikes import MODEL, SONGS_AN_ALBUM, made_tracks
from tests.helpers.tracks import failed

Places = dict[bytes, tuple[float, float]]
TRACKS = list(made_tracks(60, size=16))
# As good as the usual one for laws that hold however well the map is laid; as of a large library.
QUICK = MapOptions(settings=MapSettings(early=20, late=30, few=0, some=0))
# As of small ones, of some hundred tracks and of some dozen.
SOME = MapOptions(settings=MapSettings(early=20, late=30, few=0))
FEW = MapOptions(settings=MapSettings(few=100))
SIZES = st.sampled_from([QUICK, SOME, FEW])


def put(db: Path, tracks: Sequence[Track]) -> None:
    with Store(db, write=True) as store, store.transaction():
        for track in tracks:
            store.put(track)


def updated(db: Path, options: MapOptions = QUICK) -> tuple[MapSummary, Places]:
    with Store(db, write=False) as store:
        return update_map(store, options, NoProgress()), map_points(store)


def places(db: Path) -> Places:
    with Store(db, write=False) as store:
        return map_points(store)


@contextmanager
def new_library(tracks: Sequence[Track] = ()) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder, "library.db"), tracks)
        yield Path(folder, "library.db")


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A library with 60 tracks, six albums of two artists."""
    put(tmp_path / "library.db", TRACKS)
    return tmp_path / "library.db"


def test_songs_of_an_album_lie_together(db: Path) -> None:
    summary, found = updated(db, MapOptions())
    assert summary == MapSummary(sounds=60, laid=60)
    points = np.array([found[track.path] for track in TRACKS])
    album = np.arange(60) // SONGS_AN_ALBUM
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (album[apart.argsort(axis=1)[:, :5]] == album[:, None]).mean() > 0.9


def test_it_is_kept_and_nothing_is_done_twice(db: Path) -> None:
    _, first = updated(db)
    assert updated(db) == (MapSummary(sounds=60), first)
    assert places(db) == first


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 2), SIZES)
def test_the_same_library_gives_the_same_map_to_the_last_bit(seed: int, jobs: int, size: MapOptions) -> None:
    """Whatever the order in which its files came, what they are called, and how many threads there are."""
    shuffled = [replace(track, path=track.path + b"%d" % seed) for track in TRACKS]
    random.Random(seed).shuffle(shuffled)
    with new_library(TRACKS) as one, new_library(shuffled) as other:
        first = updated(one, size)[1]
        second = updated(other, replace(size, jobs=jobs))[1]
    assert {path + b"%d" % seed: place for path, place in first.items()} == second


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(40, 59), unique=True, min_size=1), st.integers(0, 20), SIZES)
def test_what_comes_is_placed_and_moves_nothing(later: list[int], cut: int, size: MapOptions) -> None:
    """Each where it would lie if it had come alone, or with all the others."""
    with new_library(TRACKS[:40]) as step_by_step, new_library(TRACKS[:40]) as at_once:
        before = updated(step_by_step, size)[1]
        updated(at_once, size)
        for some in (later[:cut], later[cut:]):
            put(step_by_step, [TRACKS[number] for number in some])
            summary, after = updated(step_by_step, size)
            assert (summary.laid, summary.placed) == (0, len(some))
        put(at_once, TRACKS[40:])
        everything = updated(at_once, size)[1]
    assert {path: after[path] for path in before} == before
    assert len(after) == 40 + len(later)
    for path, place in after.items():
        assert place == pytest.approx(everything[path], abs=1e-6)


def test_what_comes_lies_with_its_album(tmp_path: Path) -> None:
    tracks = list(made_tracks(100, size=16))
    db = tmp_path / "library.db"
    put(db, [track for number, track in enumerate(tracks) if number % 4])
    updated(db, MapOptions())
    put(db, tracks)
    summary, found = updated(db, MapOptions())
    assert summary == MapSummary(sounds=100, placed=25, late=25)
    points = np.array([found[track.path] for track in tracks])
    album = np.arange(100) // SONGS_AN_ALBUM
    apart = np.linalg.norm(points[::4, None] - points[None], axis=2)
    apart[np.arange(25), np.arange(0, 100, 4)] = np.inf
    assert (album[apart.argsort(axis=1)[:, :3]] == album[::4, None]).mean() > 0.6


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
        assert summary == MapSummary(sounds=50, laid=50)
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


def identical(count: int) -> list[Track]:
    return [replace(TRACKS[0], path=b"/%d" % number, fingerprint=b"%d" % number) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 12, 40])
@pytest.mark.parametrize("make", [lambda count: TRACKS[:count], identical])
def test_few_tracks_or_all_the_same(count: int, make: Callable[[int], list[Track]], tmp_path: Path) -> None:
    put(tmp_path / "library.db", make(count))
    summary, found = updated(tmp_path / "library.db", MapOptions())
    assert summary == MapSummary(sounds=count, laid=count)
    assert np.isfinite(list(found.values())).all()
    assert len(set(found.values())) == count


def test_an_embedding_may_be_one_number(tmp_path: Path) -> None:
    put(tmp_path / "library.db", list(made_tracks(20, size=1)))
    found = updated(tmp_path / "library.db", MapOptions())[1]
    assert (len(found), np.isfinite(list(found.values())).all()) == (20, True)


def test_an_empty_library_has_no_map(tmp_path: Path) -> None:
    put(tmp_path / "library.db", [])
    assert updated(tmp_path / "library.db") == (MapSummary(), {})
    put(tmp_path / "library.db", [failed(b"/broken.mp3")])
    assert updated(tmp_path / "library.db") == (MapSummary(), {})


def test_tracks_without_a_usable_embedding_are_not_on_it(tmp_path: Path) -> None:
    nothing, unknown = np.zeros(16, np.float32), np.full(16, np.nan, np.float32)
    broken = [replace(TRACKS[0], embedding=nothing), replace(TRACKS[1], embedding=unknown)]
    put(tmp_path / "library.db", broken)
    assert updated(tmp_path / "library.db") == (MapSummary(), {})
    put(tmp_path / "library.db", [*broken, *TRACKS[2:20], failed(b"/broken.mp3")])
    summary, found = updated(tmp_path / "library.db")
    assert summary == MapSummary(sounds=18, laid=18)
    assert sorted(found) == [track.path for track in TRACKS[2:20]]


def test_a_large_library_is_laid_with_some_and_the_others_are_placed(db: Path) -> None:
    options = replace(QUICK, laid_at_most=20)
    summary, found = updated(db, options)
    assert (summary, len(found)) == (MapSummary(sounds=60, laid=20, placed=40, late=40), 60)
    assert updated(db, options) == (MapSummary(sounds=60, late=40), found)
