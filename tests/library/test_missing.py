"""Is a file gone, or only out of reach for now?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audiotag.library.missing import is_bare, is_missing, lowest_there
from tests.helpers.people import as_somebody_else, open_folder


def test_a_file_is_missing_where_its_name_is_nobody_s_or_a_folder_s(tmp_path: Path) -> None:
    song = tmp_path / "album/song.mp3"
    assert is_missing(os.fsencode(song))
    song.parent.mkdir()
    song.touch()
    assert not is_missing(os.fsencode(song))
    assert is_missing(os.fsencode(song / "below a file"))
    song.unlink()
    song.mkdir()
    assert is_missing(os.fsencode(song))


def test_what_cannot_be_looked_at_may_well_be_there(tmp_path: Path) -> None:
    with open_folder() as folder:
        (folder / "private").mkdir(mode=0)
        song = os.fsencode(folder / "private/album/song.mp3")
        assert not as_somebody_else(lambda: is_missing(song))
        assert as_somebody_else(lambda: lowest_there(song)) == os.fsencode(folder / "private/album")
        assert as_somebody_else(lambda: is_bare(os.fsencode(folder / "private")))


def test_the_lowest_folder_that_is_there(tmp_path: Path) -> None:
    song = tmp_path / "artist/album/song.mp3"
    assert lowest_there(os.fsencode(song)) == os.fsencode(tmp_path)
    (tmp_path / "artist").touch()  # a file of that name is none
    assert lowest_there(os.fsencode(song)) == os.fsencode(tmp_path)
    assert lowest_there(b"/no such folder/song.mp3") is None
    assert lowest_there(b"/") is None


@pytest.mark.parametrize(
    ("name", "content", "bare"),
    [
        (".hidden", "anything", True),
        ("lost+found", "", True),
        ("NOT_MOUNTED", "", True),
        ("song.mp3", "sound", False),
    ],
)
def test_a_mount_point_without_its_disk_may_hold_a_little(
    name: str, content: str, bare: bool, tmp_path: Path
) -> None:
    assert is_bare(os.fsencode(tmp_path))
    (tmp_path / name).write_text(content)
    assert is_bare(os.fsencode(tmp_path)) is bare
    (tmp_path / "album").mkdir()
    assert not is_bare(os.fsencode(tmp_path))
