"""A sheet for people: headings, short lines, and a strip a genre that shows when it is heard."""

from __future__ import annotations

import numpy as np
from rich.style import Style
from rich.text import Text

from audiotag.cli.alike_lines import alike_lines, padded
from audiotag.cli.console import Console
from audiotag.cli.output import listed, local_time, plural
from audiotag.errors import kind_of
from audiotag.library.records import Judged, Track
from audiotag.model.card import ModelCard
from audiotag.reports.alike import alike_cells
from audiotag.reports.rows import report_status
from audiotag.reports.sheet import Sheet
from audiotag.reports.strip import axis, clock, columns_of, strip, top_genres
from audiotag.text import escaped, printable

_STATES = {
    "new": "not in the library",
    "unchanged": "in the library; the file has not changed since",
    "retagged": "in the library; the file has changed since, its sound has not",
    "changed": "in the library, but the file has changed since: another sound lies there now",
    "gone": "in the library, but the file is gone",
}
_LABEL, _NAME = 11, 16  # columns
_MOST_STRIPS = 6
_LONGEST_STRIP = 120
_MOST = 1_000  # characters of a tag
_DIM, _HEADING = Style(dim=True), Style(bold=True)


def show_sheet(sheet: Sheet, card: ModelCard) -> None:
    """Print it on standard output. card: of the model that listened."""
    page = _Page(Console(highlight=False, soft_wrap=True))
    _head(page, sheet)
    _tags(page, sheet)
    if sheet.track is not None:
        _judged(page, "genres", sheet.track.judged())
        _judged(page, "styles", [one for one in sheet.track.judged_styles() if one.reaches])
    _over_time(page, sheet, card)
    _neighbours(page, sheet)
    _past(page, sheet)


class _Page:
    def __init__(self, console: Console) -> None:
        self._console = console
        self.width = console.width
        self.ascii_only = console.options.ascii_only

    def heading(self, text: str, more: str = "") -> None:
        """A part begins."""
        self._console.print()
        self._console.print(Text.assemble((text, _HEADING), (f"  {more}" if more else "", _DIM)))

    def labelled(self, label: str, text: str) -> None:
        """What it is called, and what it is, cut where that is very long; nothing where it is empty."""
        if len(text) > _MOST:
            text = f"{text[:_MOST]}… ({len(text):,} characters)"
        if text:
            self._console.print(Text.assemble((label.ljust(_LABEL), _DIM), escaped(text)))

    def line(self, *parts: str | Text | tuple[str, Style]) -> None:
        """Of safe text."""
        self._console.print(Text.assemble(*parts))


def _head(page: _Page, sheet: Sheet) -> None:
    track = sheet.track
    page.line((printable(sheet.path), _HEADING))
    page.labelled("", _STATES[sheet.state])
    if track is not None:
        _what_is_known(page, track)
    for path, how in sheet.copies:
        page.labelled("twin", f"{printable(path)} ({how})")


def _what_is_known(page: _Page, track: Track) -> None:
    page.labelled("status", report_status(track))
    if track.error is not None:
        page.labelled("why", track.error)
        page.labelled("to do", kind_of(track.error_kind).todo)
    page.labelled("artist", track.info.artist)
    page.labelled("album", track.info.album)
    page.labelled("title", track.info.title)
    page.labelled("year", "" if track.info.year is None else str(track.info.year))
    page.labelled("duration", "" if track.duration is None else clock(track.duration))
    by = "" if track.model is None else f", {plural(track.windows, 'window')}, by {track.model.identity}"
    page.labelled("heard", f"{local_time(track.scanned_at)}{by}")


def _tags(page: _Page, sheet: Sheet) -> None:
    known = None if sheet.track is None or not sheet.in_library else sheet.track.info.tags
    if sheet.tags is None and known is None and sheet.planned is None:
        return
    page.heading("tags")
    if sheet.tags is not None and sheet.tags.fault:
        page.labelled("file", f"cannot be read: {sheet.tags.fault}")
    elif sheet.tags is not None:
        page.labelled("file", f"{listed(sheet.tags.genres)} ({sheet.tags.container})")
    if known is not None and known.container and (sheet.tags is None or known.genres != sheet.tags.genres):
        page.labelled("library", f"{listed(known.genres)}, as it was when it was last read")
    planned = sheet.planned
    if planned is None:
        return
    decision = planned.decision
    if planned.fault is not None:
        page.labelled("tag", f"would fail: {planned.fault}")
    elif decision.action == "write":
        page.labelled("tag", f"would write {listed(decision.old)} → {listed(decision.new)}")
    else:
        page.labelled("tag", f"leaves it alone: {decision.reason}")


def _judged(page: _Page, heading: str, judged: list[Judged]) -> None:
    """Name, probability, and a bar on which the threshold is marked."""
    if not judged:
        return
    page.heading(heading, "│ is the threshold, from which on it is written")
    width = max(10, min(50, page.width - _NAME - 22))
    for one in judged:
        full, bar = round(np.nan_to_num(one.probability).clip(0, 1) * width), [" "] * width
        bar[:full] = ["#" if page.ascii_only else "█"] * full
        text = Text("".join(bar), style="cyan" if one.reaches else "cyan dim")
        if one.threshold is not None:
            place = min(width - 1, int(one.threshold * width))
            text = Text.assemble(text[:place], ("|" if page.ascii_only else "│", _DIM), text[place + 1 :])
        limit = "never by default" if one.threshold is None else f"{one.threshold:.0%}"
        page.line(padded(escaped(one.name), _NAME), f"{one.probability:>5.0%}  ", text, (f"  {limit}", _DIM))


def _over_time(page: _Page, sheet: Sheet, card: ModelCard) -> None:
    heard = sheet.heard
    over_time = None if heard is None else heard.over_time
    if over_time is None:
        reason = sheet.why_not_heard if heard is None or heard.fault is None else heard.fault[1]
        page.heading("over time")
        page.labelled("", f"not heard: {reason}")
        return
    track = sheet.track
    other = track is not None and track.model is not None and track.model.identity != card.identity
    page.heading("over time", f"by {card.identity}, not by the model above" if other else "")
    columns = max(10, min(_LONGEST_STRIP, page.width - _NAME - 18))
    values = columns_of(over_time, columns)
    for genre in top_genres(over_time, _MOST_STRIPS):
        each = over_time.probabilities[:, genre]
        peak = f"{each.max():.0%} at {clock(float(over_time.starts[each.argmax()]))}"
        shown = strip(values[genre], page.ascii_only)
        page.line(
            padded(escaped(card.genres[genre]), _NAME), (shown, Style(color="cyan")), (f"  {peak}", _DIM)
        )
    page.line(" " * _NAME, (axis(over_time.seconds, columns), _DIM))


def _neighbours(page: _Page, sheet: Sheet) -> None:
    if not sheet.neighbours and not sheet.why_alone:
        return
    page.heading("neighbours", "of the sound that lay there before" if sheet.state == "changed" else "")
    if sheet.why_alone:
        page.labelled("", sheet.why_alone)
    for place, near in enumerate(sheet.neighbours, 1):
        for line in alike_lines(alike_cells(place, near), page.width):
            page.line(line)


def _past(page: _Page, sheet: Sheet) -> None:
    if not sheet.past:
        return
    page.heading("journal")
    for one in sheet.past:
        kind = one.kind if one.undo_of is None else f"undo of {one.undo_of}"
        what = f"{listed(one.old)} → {listed(one.new)}"
        if one.state != "committed":
            what = f"failed: {one.error}" if one.state == "failed" else f"{what} (its run was killed)"
        when = one.at[:19].replace("T", " ")
        elsewhere = "" if one.path == sheet.path else f", at {printable(one.path)}"
        page.labelled(f"run {one.run}", f"{when} UTC  {kind}: {what}{elsewhere}")
