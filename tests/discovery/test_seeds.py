"""What an answer is to sound like."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.discovery.seeds import find_seeds, one_track
from audiotag.errors import AudiotagError
from audiotag.library.records import StoredModel, Track
from audiotag.library.store import Store
from tests.helpers.tracks import MODEL, failed
from tests.helpers.vectors import POP, ROCK, deaf, fill, seeds_of, song, space_of

OLDER = StoredModel("older-1", MODEL.genres, MODEL.thresholds)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    tracks = [
        replace(song("old", [1, 1]), model=OLDER),
        song("ann/a", [2, 0], POP, "Ann", "First"),
        song("ann/b", [0, 5], ROCK, "ANN", ""),
        replace(song("bob/c", [-1, 0]), missing=True),
        song("zero", [0, 0]),
        song("nan", [np.nan, 1]),
        failed(b"/music/broken.mp3", reason="no sound"),
        failed(b"/music/short.mp3", "too-short", "1.0 s of sound"),
    ]
    fill(tmp_path / "library.db", tracks)
    return tmp_path / "library.db"


def test_several_are_one_direction_the_mean_of_theirs(db: Path) -> None:
    """How loud an embedding is does not count."""
    with Store(db, write=False) as store:
        seeds = seeds_of(store, b"/music/ann/a.mp3", b"/music/ann/b.mp3")
    assert np.allclose(seeds.direction, np.sqrt([0.5, 0.5]))
    assert seeds.genres == {"Pop", "Rock"}
    assert (seeds.artists, seeds.albums) == ({"ann"}, {"first"})
    assert len(seeds.rows) == 2


def test_a_folder_is_all_of_its_tracks_and_none_counts_twice(db: Path) -> None:
    with Store(db, write=False) as store:
        seeds = seeds_of(store, b"/music/ann")
        again = seeds_of(store, b"/music/ann/a.mp3", b"/music/ann", b"/music/ann")
    assert seeds.direction.tolist() == again.direction.tolist()
    assert len(again.rows) == 2


def test_a_file_that_is_gone_will_do(db: Path) -> None:
    with Store(db, write=False) as store:
        assert seeds_of(store, b"/music/bob/c.mp3").direction.tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (b"/music/zero.mp3", "its embedding says nothing"),
        (b"/music/nan.mp3", "its embedding says nothing"),
        (b"/music/broken.mp3", "cannot be compared: no sound"),
        (b"/music/short.mp3", "cannot be compared: 1.0 s of sound"),
        (b"/music/old.mp3", "heard by an older model, older-1; run 'audiotag scan' on it"),
        (b"/music/\xff.mp3", "/music/\\xff.mp3: no such file or folder, nor is it in the library"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(db: Path, path: bytes, why: str) -> None:
    with Store(db, write=False) as store:
        for ask in (find_seeds, one_track):
            asked = [path] if ask is find_seeds else path
            with pytest.raises(AudiotagError) as fault:
                ask(store, space_of(store), asked, deaf)
            assert why in str(fault.value)
            assert "\n" not in str(fault.value)


def test_a_folder_of_which_nothing_is_known(db: Path, tmp_path: Path) -> None:
    with Store(db, write=False) as store:
        with pytest.raises(AudiotagError, match="none of its files is in the library; run 'audiotag scan'"):
            find_seeds(store, space_of(store), [bytes(tmp_path)], deaf)
        with pytest.raises(AudiotagError, match="is a folder"):
            one_track(store, space_of(store), bytes(tmp_path), deaf)


def test_a_folder_of_which_nothing_can_be_compared(tmp_path: Path) -> None:
    fill(tmp_path / "library.db", [failed(b"/bad/a.mp3"), failed(b"/bad/b.mp3"), song("good", [1, 0])])
    why = pytest.raises(AudiotagError, match="/bad: none of its tracks can be compared")
    with Store(tmp_path / "library.db", write=False) as store, why:
        seeds_of(store, b"/bad")


def test_a_folder_that_an_older_model_heard(tmp_path: Path) -> None:
    fill(tmp_path / "library.db", [replace(song("older/a", [1, 1]), model=OLDER), song("good", [1, 0])])
    why = pytest.raises(AudiotagError, match="/older: heard by an older model, older-1; run 'audiotag scan'")
    with Store(tmp_path / "library.db", write=False) as store, why:
        seeds_of(store, b"/music/older")


def test_a_pipe_is_not_waited_for(db: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    with Store(db, write=False) as store:
        for ask in (find_seeds, one_track):
            pipe = os.fsencode(tmp_path / "pipe.mp3")
            with pytest.raises(AudiotagError, match="is neither a file nor a folder"):
                ask(store, space_of(store), [pipe] if ask is find_seeds else pipe, deaf)


def test_those_that_cancel_each_other_out_have_nothing_in_common(db: Path) -> None:
    with Store(db, write=False) as store, pytest.raises(AudiotagError, match="no sound in common"):
        seeds_of(store, b"/music/ann/a.mp3", b"/music/bob/c.mp3")


def test_what_the_library_does_not_know_is_heard(db: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.mp3"
    new.write_bytes(b"sound")

    def hear(paths: Sequence[bytes]) -> list[Track]:
        return [replace(song("heard", [0, 3], ROCK, "Eve"), path=path) for path in paths]

    with Store(db, write=False) as store:
        space = space_of(store)
        seeds = find_seeds(store, space, [bytes(new), b"/music/ann/a.mp3"], hear)
        assert np.allclose(seeds.direction, np.sqrt([0.5, 0.5]))
        assert seeds.artists == {"ann", "eve"}
        assert [track.path for track in seeds.heard] == [bytes(new)]
        assert one_track(store, space, bytes(new), hear).path == bytes(new)
