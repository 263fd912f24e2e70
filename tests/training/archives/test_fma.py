"""FMA's own layout: tracks.csv is read as it really is, and the right folder is found."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from audiotag.errors import ArchiveError
from audiotag.training.archives.fma import FmaTrack, find_layout, read_tracks
from tests.helpers.fma import write_tracks

TRACKS = [
    FmaTrack(2, "train", "medium", "Hip-Hop"),
    FmaTrack(140, "val", "small", "Folk"),
    FmaTrack(155_320, "test", "small", "Rock"),
    FmaTrack(20, "train", "large", ""),
]


@pytest.fixture
def fma(tmp_path: Path) -> Path:
    write_tracks(tmp_path / "fma_metadata" / "tracks.csv", TRACKS)
    return tmp_path


def test_tracks_are_read_with_their_split_in_our_words(fma: Path) -> None:
    assert list(read_tracks(fma / "fma_metadata" / "tracks.csv")) == TRACKS


def test_a_clip_lies_in_the_folder_of_its_first_three_digits() -> None:
    assert [track.name for track in TRACKS[:3]] == ["000/000002.mp3", "000/000140.mp3", "155/155320.mp3"]


@pytest.mark.parametrize(
    ("folder", "ids"),
    [("fma_small", [140, 155_320]), ("fma_medium", [2, 140, 155_320]), ("fma_large", [2, 20, 140, 155_320])],
)
def test_each_folder_has_the_tracks_of_those_smaller_than_it(folder: str, ids: list[int], fma: Path) -> None:
    (fma / folder).mkdir()
    for place in (fma, fma / folder):  # from above, or the folder itself
        layout = find_layout(place)
        assert layout is not None
        assert [track.track_id for track in layout.tracks()] == ids


def test_tracks_csv_may_lie_beside_the_audio_folder(tmp_path: Path) -> None:
    write_tracks(tmp_path / "tracks.csv", TRACKS)
    (tmp_path / "fma_small").mkdir()
    for place in (tmp_path, tmp_path / "fma_small"):
        layout = find_layout(place)
        assert layout is not None
        assert layout.metadata == tmp_path / "tracks.csv"


def test_two_audio_folders_are_a_question(fma: Path) -> None:
    (fma / "fma_small").mkdir()
    (fma / "fma_medium").mkdir()
    with pytest.raises(ArchiveError, match="fma_small and fma_medium; name one of them"):
        find_layout(fma)


def test_what_is_missing_is_named(fma: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no fma_small"):
        find_layout(fma)
    (tmp_path / "elsewhere" / "fma_small").mkdir(parents=True)
    with pytest.raises(ArchiveError, match=r"without tracks\.csv"):
        find_layout(tmp_path / "elsewhere")


def test_another_folder_is_not_fma(tmp_path: Path) -> None:
    assert find_layout(tmp_path) is None


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "StopIteration"),
        ("a,b\nc,d\ntrack_id,\n", "no column set split, set subset, track genre_top"),
        (",set,set,track\n,split,subset,genre_top\n1,a,b,c\n", "third row"),
        (",set,set,track\n,split,subset,genre_top\ntrack_id,,,\n1,sideways,small,Folk\n", "sideways"),
        (",set,set,track\n,split,subset,genre_top\ntrack_id,,,\nx,test,small,Folk\n", "invalid literal"),
        (",set,set,track\n,split,subset,genre_top\ntrack_id,,,\n1,test\n", "index out of range"),
        ("\xff", "codec"),
    ],
)
def test_another_file_is_refused(content: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ArchiveError, match=named):
        list(read_tracks(path))


def test_long_biographies_leave_the_limit_of_others_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    with pytest.raises(ArchiveError):
        list(read_tracks(tmp_path / "gone.csv"))
    path = tmp_path / "tracks.csv"
    path.write_text("nothing,of,ours\n" * 4, encoding="utf-8")
    with pytest.raises(ArchiveError):
        list(read_tracks(path))
    assert csv.field_size_limit() == before
