"""The report as JSON: the CSV's fields, one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TextIO

from audiotag.library.records import Track
from audiotag.reports.rows import row


def write_json(tracks: Iterable[Track], genres: tuple[str, ...], file: TextIO) -> int:
    """Write a line a track as they come; returns how many tracks."""
    count = 0
    for track in tracks:
        file.write(json.dumps(row(track, genres), ensure_ascii=False) + "\n")
        count += 1
    return count
