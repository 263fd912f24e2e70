"""The library keeps what it is given, and says who it is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.library.exchange import exchange
from audiotag.library.records import KnownTags, StoredModel, Track
from audiotag.library.store import Store
from tests.helpers.tracks import MODEL, STYLED, failed, track


def library(tmp_path: Path) -> Path:
    return tmp_path / "sub" / "library.db"


def test_a_track_is_read_back_as_it_was_stored(tmp_path: Path) -> None:
    stored = track(b"/music/\xff\n.mp3", [0.1, 0.7, 0.2])
    tags = KnownTags("5:6:7", "mp3", ("Rock", "\ud800"), ("(17)", "\ud800"), 3, {"AUDIOTAG_MODEL": ("x",)})
    stored = replace(stored, info=replace(stored.info, tags=tags))
    with Store(library(tmp_path), write=True) as store:
        store.put(stored)
    with Store(library(tmp_path), write=False) as store:
        (read,) = store.tracks()
    assert replace(read, probabilities=None, embedding=None) == replace(
        stored, probabilities=None, embedding=None
    )
    assert read.probabilities is not None
    assert read.embedding is not None
    np.testing.assert_array_equal(read.probabilities, stored.probabilities)
    np.testing.assert_allclose(read.embedding, stored.embedding, rtol=1e-3)


def test_a_failure_is_kept_with_its_reason(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        store.put(failed(b"/music/a.mp3", "decode", "not an audio file"))
        (read,) = store.tracks()
    assert (read.status, read.error_kind, read.error) == ("failed", "decode", "not an audio file")
    assert read.ranked() == []
    assert not read.certain


def test_a_newer_row_takes_the_place_of_the_older(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        store.put(failed(b"/a.mp3"))
        store.put(track(b"/a.mp3", [0.2, 0.8, 0.0]))
        assert [read.status for read in store.tracks()] == ["ok"]


def test_what_was_put_is_there_after_a_kill(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from audiotag.library.store import Store; from tests.helpers.tracks import failed\n"
        "store = Store(Path(sys.argv[1]), write=True)\n"
        "for i in range(50): store.put(failed(b'/%03d.mp3' % i))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(library(tmp_path))], check=False)
    with Store(library(tmp_path), write=True) as store:
        assert len(list(store.paths())) == 50


def test_rows_come_in_order_of_path_and_by_folder(tmp_path: Path) -> None:
    names = [b"/m/b.mp3", b"/m/a/1.mp3", b"/m/a.mp3", b"/m/ab/2.mp3", b"/n/c.mp3"]
    with Store(library(tmp_path), write=True) as store:
        for name in names:
            store.put(failed(name))
        assert list(store.paths()) == sorted(names)
        assert list(store.paths([b"/m/a"])) == [b"/m/a/1.mp3"]
        assert list(store.paths([b"/m/a", b"/n/c.mp3"])) == [b"/m/a/1.mp3", b"/n/c.mp3"]
        assert list(store.paths([b"/"])) == sorted(names)
        assert list(store.paths([b"/elsewhere"])) == []
        assert list(store.paths([b"/m", b"/m/a", b"/m/b.mp3"])) == sorted(names[:4])


def test_thousands_of_paths_may_be_asked_for(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        store.put(failed(b"/m/02999.mp3"))
        assert list(store.paths([b"/m/%05d.mp3" % i for i in range(3_000)])) == [b"/m/02999.mp3"]


def test_rows_may_be_written_while_others_are_read(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        for i in range(1_200):
            store.put(failed(b"/%05d.mp3" % i))
        seen = 0
        for read in store.tracks():
            store.restamp(read.path, (read.size, read.mtime_ns), (1, 2), None)
            seen += 1
        assert seen == 1_200
        assert all((read.size, read.mtime_ns) == (1, 2) for read in store.tracks())


def test_missing_files_are_marked_and_forgotten(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        store.put(failed(b"/a.mp3"))
        store.put(failed(b"/b.mp3"))
        store.set_missing(b"/a.mp3", True)
        assert [read.missing for read in store.tracks()] == [True, False]
        store.forget(b"/a.mp3")
        assert list(store.paths()) == [b"/b.mp3"]


def test_the_latest_model_is_the_one_used_last(tmp_path: Path) -> None:
    newer = StoredModel("newer-1", ("Jazz",), (0.4,))
    old = track(b"/a.mp3", [1.0, 0.0, 0.0])
    with Store(library(tmp_path), write=True) as store:
        assert store.latest_model() is None
        store.put(old)
        assert store.latest_model() == MODEL
        later: Track = replace(old, path=b"/b.mp3", model=newer, scanned_at="2031-01-01T00:00:00+00:00")
        store.put(replace(later, probabilities=np.ones(1, np.float32)))
        assert store.latest_model() == newer
        assert [read.model for read in store.tracks()] == [MODEL, newer]


def test_what_tags_say_is_noted_and_forgotten_without_touching_the_rest(tmp_path: Path) -> None:
    stored = track(b"/a.mp3", [0.1, 0.7, 0.2])
    with Store(library(tmp_path), write=True) as store:
        store.put(stored)
        for tags in (KnownTags("1:2:3", "flac", ("Folk",), ("Folk",)), KnownTags("1:2:3"), None):
            store.set_tags([(b"/a.mp3", tags)])
            (read,) = store.tracks()
            assert read.info == replace(stored.info, tags=tags)
        store.set_tags([(b"/a.mp3", KnownTags("1:2:3", "mp3", ("x" * 100_000,)))])
        (read,) = store.tracks()
        assert read.info.tags is None, "what is absurdly large is not kept"


def test_styles_and_thresholds_are_read_back(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        store.put(track(b"/a.mp3", [0.7, 0.9, 0.1], STYLED, [0.25, 0.75, 0.1]))
    with Store(library(tmp_path), write=False) as store:
        (read,) = store.tracks()
        assert store.latest_model() == STYLED
    assert read.model == STYLED
    assert [(one.name, one.probability) for one in read.judged_styles()] == [
        ("Chiptune", 0.75), ("House", 0.25), ("Punk", pytest.approx(0.1, abs=1e-3)),
    ]  # fmt: skip


def test_a_model_s_present_thresholds_judge_what_it_heard_before(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        store.put(track(b"/a.mp3", [0.7, 0.2, 0.1]))
        store.remember(replace(MODEL, thresholds=(None, 0.15, 0.5)))
    with Store(library(tmp_path), write=False) as store:
        (read,) = store.tracks()
    assert [genre for genre, _ in read.ranked()] == ["Pop", "Folk", "Rock"]


def test_the_clock_does_not_decide_which_model_was_used_last(tmp_path: Path) -> None:
    newer = StoredModel("newer-1", ("Jazz",), (0.4,))
    old = track(b"/a.mp3", [1.0, 0.0, 0.0])
    with Store(library(tmp_path), write=True) as store:
        store.put(old)
        earlier = replace(old, path=b"/b.mp3", model=newer, scanned_at="2001-01-01T00:00:00+00:00")
        store.put(replace(earlier, probabilities=np.ones(1, np.float32)))
        assert store.latest_model() == newer


def test_a_moved_file_takes_its_row_along_and_writes_of_unknown_sound(tmp_path: Path) -> None:
    with Store(library(tmp_path), write=True) as store:
        store.put(track(b"/old.mp3", [1.0, 0.0, 0.0]))
        store.execute("INSERT INTO runs (id, kind, started_at) VALUES (1, 'tag', '')")
        for sound in (None, b"sound"):
            store.execute(
                "INSERT INTO writes (run, path, state, before, after, old, new, found, written_at, sound) "
                "VALUES (1, ?, 'committed', '', '', '{}', '{}', '[]', '', ?)",
                (b"/old.mp3", sound),
            )
        store.move(b"/old.mp3", track(b"/new.mp3", [1.0, 0.0, 0.0]))
        assert list(store.paths()) == [b"/new.mp3"]
        # The other one is followed by its sound: tests/tags/test_written_files.py.
        assert store.execute("SELECT path FROM writes") == [(b"/new.mp3",), (b"/old.mp3",)]


def test_one_row_is_looked_up_by_its_very_path(tmp_path: Path) -> None:
    """x.wav was a folder with files, and is a file now."""
    with Store(library(tmp_path), write=True) as store:
        for path in (b"/m/x.wav/1.wav", b"/m/x.wav", b"/m/x.wav.wav"):
            store.put(track(path, [1.0, 0.0, 0.0]))
        found = store.track(b"/m/x.wav")
        assert found is not None
        assert found.path == b"/m/x.wav"
        assert store.track(b"/m") is None


def test_rows_exchange_their_paths_all_at_once(tmp_path: Path) -> None:
    """a, b and c in a ring; d's file went to e, where another one was, which is gone."""
    with Store(library(tmp_path), write=True) as store:
        for name in "abcdef":
            store.put(replace(track(b"/%s" % name.encode(), [1.0, 0.0, 0.0]), fingerprint=name.encode()))
        store.execute("CREATE TEMP TABLE moves (old BLOB, new BLOB)")
        store.execute_many(
            "INSERT INTO temp.moves VALUES (?, ?)",
            [
                (b"/" + one, b"/" + other)
                for one, other in ((b"a", b"b"), (b"b", b"c"), (b"c", b"a"), (b"d", b"e"))
            ],
        )
        exchange(store, "temp.moves")
        rows = [(row.path, row.fingerprint, row.size) for row in store.tracks()]
        assert rows == [
            (b"/a", b"c", -1),
            (b"/b", b"a", -1),
            (b"/c", b"b", -1),
            (b"/e", b"d", -1),
            (b"/f", b"f", 1_000),
        ]


@pytest.mark.parametrize(
    ("size", "sound", "stamped"), [(1_000, b"s", True), (1_000, b"t", False), (999, b"s", False)]
)
def test_only_the_row_of_the_very_file_is_stamped(
    size: int, sound: bytes, stamped: bool, tmp_path: Path
) -> None:
    """Not that of another file with its name, nor one from before somebody else changed the tags."""
    with Store(library(tmp_path), write=True) as store:
        store.put(replace(track(b"/a", [1.0, 0.0, 0.0]), fingerprint=b"s"))
        store.restamp(b"/a", (size, 5), (7, 8), sound)
        row = store.track(b"/a")
        assert row is not None
        assert ((row.size, row.mtime_ns) == (7, 8)) == stamped
