"""One JSON object a line, with the CSV's fields."""

from __future__ import annotations

import io
import json

from audiotag.reports.json import write_json
from audiotag.reports.rows import row
from tests.tracks import MODEL, failed, track


def test_each_line_is_a_row() -> None:
    tracks = [track("/ä\n.mp3".encode(), [0.2, 0.3, 0.5]), failed(b"/b.mp3")]
    file = io.StringIO()
    assert write_json(tracks, MODEL.genres, file) == 2
    lines = file.getvalue().splitlines()
    assert [json.loads(line) for line in lines] == [row(kept, MODEL.genres) for kept in tracks]
