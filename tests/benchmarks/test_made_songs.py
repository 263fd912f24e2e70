"""The songs of the benchmarks are ones that audiotag knows, and tells apart."""

from __future__ import annotations

from pathlib import Path

import mutagen
import pytest

from audiotag.library.store import Store
from audiotag.tags.formats.sound import fingerprint
from benchmarks.made_songs import fill_predicted, make_mix, make_songs
from tests.helpers.audio_files import decode


def test_no_two_sound_alike(tmp_path: Path) -> None:
    make_songs(tmp_path, 1_200, seconds=1.0)  # more than there are frames to begin at
    songs = sorted(tmp_path.rglob("*.mp3"))
    assert len(songs) == 1_200
    assert len({fingerprint(song) for song in songs}) == 1_200
    assert "genre" not in mutagen.File(songs[0], easy=True)


def test_they_are_as_long_as_was_asked_for(tmp_path: Path) -> None:
    make_songs(tmp_path, 1, seconds=20.0)
    make_mix(tmp_path / "mix.mp3", 40.0)
    (song,) = tmp_path.rglob("* song.mp3")
    for path, seconds in ((song, 20.0), (tmp_path / "mix.mp3", 40.0)):
        assert len(decode(path)) / 44_100 == pytest.approx(seconds, abs=0.1)


def test_the_library_knows_each(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    make_songs(tmp_path / "music", 3, seconds=1.0)
    assert fill_predicted(tmp_path / "music", tmp_path / "library.db") == 3
    with Store(tmp_path / "library.db", write=False) as store:
        tracks = list(store.tracks())
    assert [track.info.title for track in tracks] == ["Song 0", "Song 1", "Song 2"]
    assert {track.ranked()[0][0] for track in tracks} == {"Pop"}
    assert [track.fingerprint for track in tracks] == [fingerprint(track.path) for track in tracks]
