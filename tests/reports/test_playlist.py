"""Playlists: what a player finds in them."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.library.records import Track, TrackInfo
from audiotag.reports.playlist import Listed, name_of, write_m3u
from tests.helpers.tracks import track


def playlist(*tracks: Track, folder: bytes = b"/lists") -> bytes:
    file = io.BytesIO()
    write_m3u(tracks, folder, file)
    return file.getvalue()


def named(path: bytes, artist: str = "", title: str = "") -> Track:
    return replace(track(path, [1.0, 0.0, 0.0]), info=TrackInfo(artist, "", title))


def test_a_line_for_people_and_a_relative_path_each() -> None:
    song = named(b"/music/Ann/First/01 Song.mp3", "Ann", "Söng")
    assert playlist(song, replace(song, path=b"/lists/b.mp3", duration=None)).decode().split("\n") == [
        "#EXTM3U",
        "#EXTINF:61,Ann - Söng",
        "../music/Ann/First/01 Song.mp3",
        "#EXTINF:-1,Ann - Söng",
        "b.mp3",
        "",
    ]


@pytest.mark.parametrize(
    ("artist", "title", "name"),
    [
        ("Ann", "Song", "Ann - Song"),
        ("", "Song", "Song"),
        ("Ann", " ", "01 take"),
        ("Ann\nBob", "Song\x1b[2J", "Ann\\nBob - Song\\x1b[2J"),
        ("Ann", "\u202egnoS", "Ann - \\u202egnoS"),
    ],
)
def test_names_for_people(artist: str, title: str, name: str) -> None:
    assert name_of(named(b"/music/01 take.mp3", artist, title)) == name


def test_a_name_that_is_no_utf_8_is_left_as_the_file_system_has_it() -> None:
    assert playlist(named(b"/lists/caf\xe9.mp3")).split(b"\n")[1:3] == [
        b"#EXTINF:61,caf\\xe9",
        b"caf\xe9.mp3",
    ]


def test_what_no_playlist_can_hold_is_left_out_and_counted() -> None:
    file = io.BytesIO()
    songs = [named(b"/music/a\nb.mp3"), named(b"/music/c.mp3"), named(b"/music/d\r.mp3")]
    assert write_m3u(songs, b"/music", file) == Listed(written=1, left_out=2)
    assert file.getvalue() == b"#EXTM3U\n#EXTINF:61,c\nc.mp3\n"


@pytest.mark.parametrize("name", [b"#1.mp3", b" a.mp3", b"http:a.mp3"])
def test_no_name_is_taken_for_something_else(name: bytes) -> None:
    assert playlist(named(b"/music/" + name), folder=b"/music").split(b"\n")[2] == b"./" + name


@given(
    st.binary(min_size=1).filter(lambda name: not set(name) & set(b"/\0\n\r") and name not in (b".", b".."))
)
def test_whatever_the_name_there_are_two_lines_a_track_and_the_second_opens_it(name: bytes) -> None:
    lines = playlist(named(b"/music/" + name, "", ""), folder=b"/music/lists").split(b"\n")
    assert (lines[0], lines[1][:9], len(lines)) == (b"#EXTM3U", b"#EXTINF:6", 4)
    assert os.path.normpath(os.path.join(b"/music/lists", lines[2])) == b"/music/" + name


def test_paths_lead_there_though_the_folder_is_reached_by_a_link(tmp_path: Path) -> None:
    """The way up leads from where the folder really lies; within a linked library it stays short."""
    (tmp_path / "disk/deep/music/lists").mkdir(parents=True)
    (tmp_path / "music").symlink_to("disk/deep/music")
    (tmp_path / "lists").symlink_to("disk/deep/music/lists")
    (tmp_path / "disk/deep/music/a.mp3").write_bytes(b"sound")
    song = named(bytes(tmp_path / "music/a.mp3"))
    for folder in ("lists", "music/lists", "disk/deep/music/lists"):
        found = playlist(song, folder=bytes(tmp_path / folder)).split(b"\n")[2]
        assert found == b"../a.mp3" or folder.startswith("disk")
        assert Path(os.fsdecode(os.path.join(bytes(tmp_path / folder), found))).read_bytes() == b"sound"
