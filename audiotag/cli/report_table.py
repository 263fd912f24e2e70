"""Tracks on a terminal, a line each, as they come: a hundred thousand take no more memory than ten."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size

from audiotag.cli.console import Console
from audiotag.cli.streams import tell
from audiotag.reports.rows import report_status
from audiotag.reports.selection import genre_of
from audiotag.text import escaped, printable

if TYPE_CHECKING:
    from audiotag.library.records import Track

_FAILED = ("failed", "too-short")
# From this width on there is room for what the tags say beside the path.
_WIDE = 110
# And below this one for hardly more than that.
_NARROW = 60
# Where a reason stands that has a line of its own.
_INDENT = 11
# Of texts of any length no more is looked at.
_MOST = 2_000
_DIM, _RED, _BOLD, _PLAIN = "\x1b[2m", "\x1b[31m", "\x1b[1m", "\x1b[0m"


class Column(NamedTuple):
    """width: cells. text: of a track. to_right: numbers."""

    heading: str
    width: int
    text: Callable[[Track], str]
    to_right: bool = False


def show_tracks(tracks: Iterable[Track], statuses: Sequence[str]) -> int:
    """Print them on standard output; returns how many. statuses: those that they may have, () for all."""
    console = Console(highlight=False)
    columns = columns_for(console.width, statuses)
    has_why = any(column.text is _why for column in columns)
    paint = console.color_system is not None
    count = 0
    for track in tracks:
        if count == 0:
            head = line_of([column.heading for column in columns], columns)
            print(f"{_BOLD}{head}{_PLAIN}" if paint else head)
        line = line_of([column.text(track) for column in columns], columns)
        colour = _colour(track) if paint else ""
        if track.error and not has_why:  # no room beside the path
            line += f"\n{' ' * _INDENT}{line_of([track.error], [Column('', console.width - _INDENT, _why)])}"
        print(f"{colour}{line}{_PLAIN}" if colour else line)
        count += 1
    sys.stdout.flush()
    if count == 0:
        tell("No such tracks.")
    return count


def columns_for(width: int, statuses: Sequence[str]) -> list[Column]:
    """What is shown in lines of at most so many cells."""
    if statuses and all(status in _FAILED for status in statuses):
        columns = [Column("kind", _INDENT - 1, lambda track: track.error_kind or track.status)]
        if width >= _WIDE:
            columns.append(Column("why", (width - _INDENT) * 45 // 100, _why))
        return [*columns, _rest(width, columns)]
    columns = [
        Column("genre", 13, genre_of),
        Column("conf.", 5, _confidence, to_right=True),
        Column("time", 7, _time, to_right=True),
    ]
    if width < _NARROW:
        columns = columns[:1]
    elif len(statuses) != 1:
        columns.insert(0, Column("status", 9, report_status))
    if width >= _WIDE:
        room = _rest(width, columns).width
        columns += [
            Column("artist", room * 22 // 100, lambda track: track.info.artist),
            Column("title", room * 28 // 100, lambda track: track.info.title),
        ]
    return [*columns, _rest(width, columns)]


def _rest(width: int, columns: Sequence[Column]) -> Column:
    """The path, with all the room that is left."""
    return Column("path", max(8, width - sum(column.width + 1 for column in columns)), _path)


def line_of(texts: Sequence[str], columns: Sequence[Column]) -> str:
    """Cells side by side; what is too long for its own is cut, of a path the beginning."""
    cells = []
    for text, column in zip(texts, columns, strict=True):
        plain = escaped(text[-_MOST:] if column.text is _path else text[:_MOST])
        cells.append(_fitted(plain, column))
    return " ".join(cells).rstrip()


def _fitted(text: str, column: Column) -> str:
    size = cell_len(text)
    if size <= column.width:
        gap = " " * (column.width - size)
        return gap + text if column.to_right else text + gap
    if column.text is not _path:
        return set_cell_size(text, column.width - 1) + "…"
    end = text[-column.width :]
    while cell_len(end) > column.width - 1:
        end = end[1:]
    return "…" + " " * (column.width - 1 - cell_len(end)) + end


def _why(track: Track) -> str:
    return track.error or ""


def _path(track: Track) -> str:
    return printable(track.path)


def _confidence(track: Track) -> str:
    return next((f"{probability:.0%}" for _genre, probability in track.ranked()), "")


def _time(track: Track) -> str:
    """'3:05', or '1:02:03'."""
    if track.duration is None:
        return ""
    minutes, seconds = divmod(round(track.duration), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _colour(track: Track) -> str:
    status = report_status(track)
    return _RED if status == "failed" else "" if status == "ok" else _DIM
