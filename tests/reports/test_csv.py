"""The CSV can be read by any program that knows RFC 4180."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from audiotag.library.records import TrackInfo
from audiotag.reports.csv import write_csv
from audiotag.reports.rows import ModelColumns, row
from tests.helpers.tracks import MODEL, failed, track

PLAIN = ModelColumns(MODEL.genres)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\r\n\t"), max_size=30)


def written(*tracks: object) -> str:
    file = io.StringIO(newline="")
    assert write_csv(tracks, PLAIN, file) == len(tracks)
    return file.getvalue()


def test_a_header_and_a_line_a_track_each_ending_in_cr_lf() -> None:
    text = written(track(b"/a.mp3", [1.0, 0.0, 0.0]), failed(b"/b.mp3"))
    assert text.count("\r\n") == 3
    assert text.startswith("path,artist,album,title,duration,genre,confidence,")


def test_an_empty_library_has_a_header() -> None:
    assert written().startswith("path,artist")


@given(TEXT, TEXT)
def test_any_text_survives(title: str, artist: str) -> None:
    kept = replace(track(b'/a,"b"\n.mp3', [1.0, 0.0, 0.0]), info=TrackInfo(artist, "", title))
    (read,) = csv.DictReader(io.StringIO(written(kept), newline=""))
    assert (read["title"], read["artist"], read["path"]) == (title, artist, '/a,"b"\n.mp3')


def test_control_characters_come_as_escapes_for_the_format_has_no_place_for_them() -> None:
    text = written(replace(track(b"/a.mp3", [1.0, 0.0, 0.0]), info=TrackInfo("\x1b[2J\0", "", "a\x9bb\x7f")))
    (read,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (read["artist"], read["title"]) == ("\\x1b[2J\\x00", "a\\x9bb\\x7f")


def test_on_a_terminal_a_track_is_one_line() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    file = Terminal(newline="")
    write_csv([track(b"/a\n\xe2\x80\xae.mp3", [1.0, 0.0, 0.0])], PLAIN, file)
    assert file.getvalue().splitlines()[1].startswith("/a\\n\\u202e.mp3,")


def test_numbers_are_as_in_the_row() -> None:
    kept = track(b"/a.mp3", [0.12345, 0.6, 0.27655])
    (read,) = csv.DictReader(io.StringIO(written(kept), newline=""))
    expected = {key: "" if value is None else str(value) for key, value in row(kept, PLAIN).items()}
    assert read == expected
