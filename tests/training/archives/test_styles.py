"""Styles are read from their file, and those with enough tracks and albums behind them are chosen."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.errors import ArchiveError
from audiotag.training.archives.styles import StyledTrack, choose_styles, read_styles

HEADER = "track_id,split,genre,styles\n"


def track(track_id: int, genre: str, *styles: str, split: str = "train") -> StyledTrack:
    return StyledTrack(track_id, split, genre, frozenset(styles))


# Four albums, of which the ids of the last two are over a hundred.
ROWS = [
    track(1, "Electronic", "House", "Electronic"),
    track(2, "Electronic", "House", "Ambient"),
    track(50, "Pop", "House"),
    track(101, "Folk", "Ambient", "Freak Folk"),
    track(102, "Folk", "Freak Folk", "Folk"),
    track(103, "Folk", "Freak Folk"),
    track(150, "Folk", "Ambient", split="val"),
]


class TestChoice:
    def test_a_style_needs_so_many_tracks_of_so_many_albums_of_train(self) -> None:
        assert choose_styles(ROWS, 3, 2).names == ("House",)
        assert choose_styles(ROWS, 3, 1).names == ("Freak Folk", "House")
        assert choose_styles(ROWS, 2, 2).names == ("Ambient", "House"), "val has no part in it"
        assert choose_styles(ROWS, 4, 1).names == ()

    def test_its_parent_is_the_genre_of_most_of_its_tracks(self) -> None:
        found = choose_styles(ROWS, 1, 1)
        assert dict(zip(found.names, found.parents, strict=True)) == {
            "Ambient": "Electronic",  # as many Folk in train: the first in the alphabet
            "Freak Folk": "Folk",
            "House": "Electronic",
        }

    def test_a_genre_is_no_style_and_a_style_of_no_genre_has_no_place(self) -> None:
        rows = [track(1, "", "Noise", "Rock"), track(2, "Rock", "Punk"), track(3, "", "Punk")]
        found = choose_styles(rows, 1, 1)
        assert (found.names, found.parents) == (("Punk",), ("Rock",))

    def test_of_each_track_which_it_carries(self) -> None:
        found = choose_styles(ROWS, 3, 1)
        asked = np.array([102, 50, 150, 7, 102], np.int32)
        matrix = found.of(asked)
        assert matrix.dtype == bool
        assert matrix.tolist() == [
            [True, False],
            [False, True],
            [False, False],
            [False, False],
            [True, False],
        ]
        assert found.known(asked).tolist() == [True, True, True, False, True]

    def test_nothing_to_ask_of_or_for(self) -> None:
        assert choose_styles(ROWS, 9, 9).of(np.array([1, 2])).shape == (2, 0)
        assert choose_styles(ROWS, 3, 1).of(np.array([], int)).shape == (0, 2)

    @given(st.integers(1, 5), st.integers(1, 5), st.permutations(ROWS))
    def test_the_rows_order_does_not_matter_and_more_is_asked_fewer_are_found(
        self, tracks: int, groups: int, rows: list[StyledTrack]
    ) -> None:
        found = choose_styles(rows, tracks, groups)
        assert found == choose_styles(ROWS, tracks, groups)
        assert set(found.names) <= set(choose_styles(ROWS, tracks - 1, groups).names)


class TestReading:
    def test_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "styles.csv"
        path.write_text(
            HEADER + '2,train,Hip-Hop,Hip-Hop|Rap\n5,val,,"Reggae - Dub| Drum & Bass|"\n7,test,Pop,\n',
            encoding="utf-8",
        )
        assert read_styles(path) == [
            track(2, "Hip-Hop", "Hip-Hop", "Rap"),
            track(5, "", "Reggae - Dub", "Drum & Bass", split="val"),
            track(7, "Pop", split="test"),
        ]

    def test_columns_in_another_order_others_among_them_and_a_byte_order_mark(self, tmp_path: Path) -> None:
        path = tmp_path / "styles.csv"
        path.write_text("\ufeffstyles,artist,genre,split,track_id\nSalsa,Ω,Latin,train,9\n", encoding="utf-8")
        assert read_styles(path) == [track(9, "Latin", "Salsa")]

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"", "it has no column track_id, split, genre, styles"),
            (b"track_id,split,genre\n", "it has no column styles"),
            (HEADER.encode(), "it names no tracks"),
            (HEADER.encode() + b"1,train,Rock,Caf\xe9\n", "it is not UTF-8"),
            (HEADER.encode() + b"1,train,Rock\n", "row 2 has 3 values, not 4"),
            (HEADER.encode() + b"1,train,Rock,a\n\n", "row 3 has 0 values, not 4"),
            (HEADER.encode() + b"one,train,Rock,Punk\n", "row 2: track_id is a whole number, not 'one'"),
            (HEADER.encode() + b"9" * 30 + b",train,Rock,Punk\n", "row 2: track_id is a whole number"),
            (HEADER.encode() + b"1,training,Rock,Punk\n", "row 2: split is one of train, val, test, not"),
            (
                HEADER.encode() + b"1,train,Rock,a\n1,val,Rock,b\n",
                "track 1 is there twice, the second",
            ),
            (HEADER.encode() + b'1,train,Rock,"Pu\nnk"x\n', "not a file of styles"),
            (HEADER.encode() + b"1,train,Rock," + b"a" * 200_000 + b"\n", "not a file of styles"),
        ],
    )
    def test_what_is_wrong_with_it_is_named_in_one_line(
        self, content: bytes, told: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "two\nlines.csv"
        path.write_bytes(content)
        with pytest.raises(ArchiveError) as caught:
            read_styles(path)
        assert told in str(caught.value)
        assert "lines.csv: " in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_file_that_is_none(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "gone.csv"):
            with pytest.raises(ArchiveError, match=f"{os.path.basename(path)}: cannot be read"):
                read_styles(path)
