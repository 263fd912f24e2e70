"""The report as JSON Lines: the CSV's fields, one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TextIO

from audiotag.library.records import Track
from audiotag.reports.rows import ModelColumns, row
from audiotag.text import prints


def write_json(tracks: Iterable[Track], shown: ModelColumns, file: TextIO) -> int:
    """Write a line a track as they come; returns how many tracks."""
    count = 0
    for track in tracks:
        file.write(json_line(row(track, shown)) + "\n")
        count += 1
    return count


def json_line(values: Mapping[str, object]) -> str:
    """An object on one line, without its end. Every value is exact; what does not print is
    written as \\uXXXX, so that the line is one to every reader, and harmless on a terminal."""
    text = json.dumps(values, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(c if prints(c) else json.dumps(c)[1:-1] for c in text)
