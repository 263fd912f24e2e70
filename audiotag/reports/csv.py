"""The report as CSV: UTF-8, RFC 4180, one header row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import TextIO

from audiotag.library.records import Track
from audiotag.reports.rows import ModelColumns, Value, columns, row
from audiotag.text import escaped

# RFC 4180 has no place for them, and a report is looked at by `less` and `head` as well. Line
# ends and tabs are data: they stay, in quotes.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]+")


def write_csv(tracks: Iterable[Track], shown: ModelColumns, file: TextIO) -> int:
    """Write the header and a row a track as they come; returns how many tracks.

    `file` must be open as UTF-8 text with newline="" (RFC 4180 lines end in CR LF). Control
    characters come as \\x1b; on a terminal, line ends within a value do so too.
    """
    for_terminal = file.isatty()
    writer = csv.DictWriter(file, columns(shown), lineterminator="\r\n")
    writer.writeheader()
    count = 0
    for track in tracks:
        writer.writerow({name: _plain(value, for_terminal) for name, value in row(track, shown).items()})
        count += 1
    return count


def _plain(value: Value, for_terminal: bool) -> Value:
    if not isinstance(value, str) or value.isprintable():
        return value
    return escaped(value) if for_terminal else _NO_TEXT.sub(lambda found: escaped(found[0]), value)
