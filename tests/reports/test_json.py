"""One JSON object a line, with the CSV's fields."""

from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from audiotag.reports.json import json_line, write_json
from audiotag.reports.rows import ModelColumns, row
from audiotag.text import prints
from tests.helpers.tracks import MODEL, STYLED, failed, track

PLAIN = ModelColumns(MODEL.genres)


def test_each_line_is_a_row() -> None:
    tracks = [track("/ä\n.mp3".encode(), [0.2, 0.3, 0.5]), failed(b"/b.mp3")]
    file = io.StringIO()
    assert write_json(tracks, PLAIN, file) == 2
    lines = file.getvalue().splitlines()
    assert [json.loads(line) for line in lines] == [row(kept, PLAIN) for kept in tracks]


def test_styles_are_as_in_the_csv() -> None:
    heard = track(b"/a", [1.0, 0.0, 0.0], STYLED, [0.5, 0.75, 0.0])
    shown, file = ModelColumns(STYLED.genres, styles=True), io.StringIO()
    write_json([heard], shown, file)
    assert (
        json.loads(file.getvalue())["styles"] == row(heard, shown)["styles"] == "Chiptune 0.750; House 0.500"
    )


@given(st.text(max_size=60))
def test_any_text_is_exact_on_one_line_that_a_terminal_can_take(text: str) -> None:
    line = json_line({"title": text})
    assert json.loads(line) == {"title": text}
    assert (len(line.splitlines()), all(map(prints, line))) == (1, True)
