"""The library at a glance, on a terminal: a bar a genre, and what is in want of somebody's care."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from audiotag.cli.console import Console
from audiotag.cli.output import plural
from audiotag.errors import KINDS, kind_of
from audiotag.text import escaped

if TYPE_CHECKING:
    from audiotag.reports.summary import LibrarySummary

_CERTAIN, _UNCERTAIN = Style(color="cyan"), Style(color="cyan", dim=True)
_LEAST_BAR, _LONGEST_BAR = 8, 100
# Of tracks that nothing was written of, or will be.
_TODO = {
    "uncertain": "no genre reaches its threshold: report --status uncertain lists them",
    "too-short": next(kind.todo for kind in KINDS if kind.name == "too-short"),
    "failed": "report --status failed names them",
    "missing": "gone when last looked for: scan --prune forgets them",
}


def show_summary(summary: LibrarySummary, part: str = "") -> None:
    """Print it on standard output. part: of the library, in words, where it is not all."""
    console = Console(highlight=False)
    console.print(Text(f"{plural(summary.tracks, 'track')} in {part or 'the library'}", style="bold"))
    if not summary.tracks:
        console.print("'audiotag scan FOLDER' listens to one.")
    if summary.genres:
        console.print()
        console.print(_genres(summary))
    if summary.statuses.keys() & _TODO.keys():
        console.print()
        console.print(_cares(summary))


def _genres(summary: LibrarySummary) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
    table.add_column("genre", no_wrap=True, overflow="ellipsis", max_width=24)
    table.add_column("tracks", justify="right", no_wrap=True)
    table.add_column("")
    for heading in ("uncertain", "hours", "confidence"):
        table.add_column(heading, justify="right", no_wrap=True)
    most = max(count.tracks for count in summary.genres.values())
    for genre, count in sorted(summary.genres.items(), key=lambda item: (-item[1].tracks, item[0])):
        table.add_row(
            Text(escaped(genre)),
            f"{count.tracks:,}",
            _Bar((count.tracks - count.uncertain) / most, count.tracks / most),
            f"{count.uncertain:,}",
            f"{count.seconds / 3600:,.1f}",
            f"{count.confidence / count.tracks:.0%}",
        )
    return table


def _cares(summary: LibrarySummary) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for status, todo in _TODO.items():
        if count := summary.statuses.get(status, 0):
            table.add_row(status, f"{count:,}", Text(todo, style="dim"))
        if status == "failed":
            for name in sorted(summary.errors, key=lambda name: kind_of(name).number):
                kind = kind_of(name)
                words = f"{kind.meaning}: {kind.todo}" if kind.todo not in kind.meaning else kind.meaning
                table.add_row(
                    f"  {name} ({kind.number})", f"{summary.errors[name]:,}", Text(words, style="dim")
                )
    return table


@dataclass(frozen=True)
class _Bar:
    """As wide as there is room. certain, all: shares of the longest bar, 0..1; certain is a part of all."""

    certain: float
    all: float

    def __rich_measure__(self, _console: RichConsole, options: ConsoleOptions) -> Measurement:
        return Measurement(_LEAST_BAR, min(_LONGEST_BAR, options.max_width))

    def __rich_console__(self, _console: RichConsole, options: ConsoleOptions) -> Iterator[Segment]:
        width = min(_LONGEST_BAR, options.max_width)
        solid, light = ("#", "-") if options.ascii_only else ("█", "░")
        # What there is can be seen, however little.
        whole = max(1, round(self.all * width))
        certain = min(whole, max(self.certain > 0, round(self.certain * width)))
        yield Segment(solid * certain, _CERTAIN)
        yield Segment(light * (whole - certain), _UNCERTAIN)
        yield Segment(" " * (width - whole))
