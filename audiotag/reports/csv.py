"""The report as CSV: UTF-8, RFC 4180, one header row."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from audiotag.library.records import Track
from audiotag.reports.rows import columns, row


def write_csv(tracks: Iterable[Track], genres: tuple[str, ...], file: TextIO) -> int:
    """Write the header and a row a track as they come; returns how many tracks.

    `file` must be open as UTF-8 text with newline="" (RFC 4180 lines end in CR LF).
    """
    writer = csv.DictWriter(file, columns(genres), lineterminator="\r\n")
    writer.writeheader()
    count = 0
    for track in tracks:
        writer.writerow(row(track, genres))
        count += 1
    return count
