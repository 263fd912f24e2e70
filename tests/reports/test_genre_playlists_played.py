"""A real player reads the playlists and finds the very files: MPD, as strict with paths as any."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest

from audiotag.library.records import TrackInfo
from audiotag.library.store import Store
from audiotag.reports.genre_playlists import PlaylistOptions, write_genre_playlists
from audiotag.reports.selection import Selection
from tests.helpers.player import MPD, ask, quoted, running_mpd
from tests.helpers.tracks import track

pytestmark = pytest.mark.skipif(MPD is None, reason="no mpd here (Debian: apt install mpd)")

FOUND = (
    b"plain.flac",
    "Bj\u00f6rk/J\u00f3ga \u2013 01.flac".encode(),
    "\u6f14\u6b4c/\u6d25\u8efd\u6d77\u5ce1 \U0001f3a4.flac".encode(),
    "Cafe\u0301.flac".encode(),  # taken apart, as a Mac has it
    b"#1 hit.flac",
    b"http:/x.flac",
    b'quote " and \\ backslash.flac',
    b"a  b\ttab.flac",
    b"sub/#EXTM3U/...odd.flac",
    b"caf\xe9.flac",  # no UTF-8
    b"100% [live] {x}?&=+;,'.flac",
)
# Spaces at either end of a name MPD takes for none in whatever playlist. They stand in ours for players that
# do better, and spoil no line beside them.
NOT_BY_MPD = (b" leading space.flac", b"trailing space /a.flac")


def test_mpd_finds_every_song_whatever_its_name(two_songs: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    names = [name for pair in zip_longest(FOUND, NOT_BY_MPD) for name in pair if name]
    with Store(tmp_path / "library.db", write=True) as store:
        for number, name in enumerate(names):
            path = os.path.join(bytes(music), name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy(two_songs / "two.flac", path)
            store.put(replace(track(path, [0.9, 0.0, 0.0]), info=TrackInfo("Ann", "", f"{number:02}")))
        options = PlaylistOptions(music / "Genre lists")
        (made,) = write_genre_playlists(store, [], Selection(sort="title"), options)
    assert (made.tracks, made.left_out) == (len(names), 0)
    with running_mpd(music, tmp_path / "mpd") as player:
        assert set(files_in(ask(player, "listall"))) == set(names)
        ask(player, f"load {quoted('Genre lists/Folk.m3u8')}")
        assert files_in(ask(player, "playlistinfo")) == list(FOUND)


def files_in(answer: list[str]) -> list[bytes]:
    return [os.fsencode(line[6:]) for line in answer if line.startswith("file: ")]
