"""report as a user runs it, on a library that was made up."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from audiotag.library.store import Store
from tests.helpers.command import command_in
from tests.helpers.tracks import STYLED, track


def test_the_columns_follow_the_model_used_last(tmp_path: Path) -> None:
    """Styles have a column behind the genres when it has some; what an older model heard has none."""
    audiotag = command_in(tmp_path)
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/music/a.mp3", [1.0, 0.0, 0.0]))
    plain = audiotag("report", "--csv", "-").stdout
    assert plain.startswith("path,")
    assert "Folk,Pop,Rock,windows," in plain

    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/music/b.mp3", [0.75, 0.9, 0.1], STYLED, [0.5, 0.8, 0.9]))
    text = audiotag("report", "--csv", "-").stdout
    assert "Electronic,Instrumental,Rock,styles,windows," in text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["genre"], row["confidence"], row["status"], row["styles"]) for row in rows] == [
        ("Folk", "1.0", "ok", ""),
        ("Electronic", "0.75", "ok", "Punk 0.900; Chiptune 0.800; House 0.500"),
    ]
    lines = [json.loads(line) for line in audiotag("report", "--json", "-").stdout.splitlines()]
    assert [line["styles"] for line in lines] == [None, "Punk 0.900; Chiptune 0.800; House 0.500"]
