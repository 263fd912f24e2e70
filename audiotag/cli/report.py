"""audiotag report"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from audiotag.atomic import atomic_text
from audiotag.cli.options import Config, Db, Judge, Quiet, Verbose, command, to_bytes
from audiotag.cli.output import Messages, plural
from audiotag.errors import AudiotagError, in_words

if TYPE_CHECKING:
    from audiotag.library.store import Store
    from audiotag.reports.summary import LibrarySummary


@command
def report(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Only files at or below these.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write CSV; '-' is stdout.")
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write JSON Lines, one object a line; '-' is stdout."),
    ] = None,
    model: Judge = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Report what the library knows: a summary on a terminal, CSV when redirected."""
    from audiotag.config.settings import load_settings
    from audiotag.model.seen import open_seen
    from audiotag.reports.csv import write_csv
    from audiotag.reports.json import write_json
    from audiotag.reports.rows import model_columns
    from audiotag.reports.summary import summarise

    voice = Messages(quiet, verbose)
    settings = load_settings({"db": db, "model": model}, config)
    under = [os.path.abspath(to_bytes(path)) for path in paths or ()]
    with open_seen(settings.db, settings.model, write=False) as store:
        if csv is None and json is None:
            if sys.stdout.isatty():
                _must_be_known(store, under)
                _show(summarise(store.tracks(under)))
                return
            csv = Path("-")
        _must_be_known(store, under)
        shown = model_columns(store)
        for path, write in ((csv, write_csv), (json, write_json)):
            if path is not None:
                with _output(path) as file:
                    count = write(store.tracks(under), shown, file)
                if str(path) != "-":
                    voice.say(f"{path}: {plural(count, 'track')}")


def _must_be_known(store: Store, under: list[bytes]) -> None:
    """Raises AudiotagError for a path that neither exists nor is in the library."""
    from audiotag.text import printable

    for path in under:
        if not os.path.lexists(path) and next(iter(store.paths([path])), None) is None:
            raise AudiotagError(f"{printable(path)}: no such file or folder, nor is it in the library")


@contextmanager
def _output(path: Path) -> Iterator[TextIO]:
    """stdout for '-'; else a file that takes its name only when it is complete."""
    if str(path) == "-":
        # The locale may not be UTF-8 and text streams translate line ends; the contract has neither.
        file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
        try:
            yield file
        finally:
            file.detach()
        return
    try:
        with atomic_text(path) as text:
            yield text
    except BrokenPipeError:  # whoever reads that pipe has gone
        raise
    except OSError as fault:
        raise AudiotagError(f"{path}: cannot be written ({in_words(fault)})") from fault


def _show(summary: LibrarySummary) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from audiotag.text import escaped

    console = Console()
    table = Table(title=f"{plural(summary.tracks, 'track')} in the library")
    table.add_column("genre")
    for heading in ("tracks", "of them uncertain", "hours", "mean confidence"):
        table.add_column(heading, justify="right")
    for genre, count in sorted(summary.genres.items(), key=lambda item: -item[1].tracks):
        confidence = f"{count.confidence / count.tracks:.0%}"
        hours = f"{count.seconds / 3600:.1f}"
        table.add_row(Text(escaped(genre)), f"{count.tracks:,}", f"{count.uncertain:,}", hours, confidence)
    console.print(table)
    others = {name: count for name, count in summary.statuses.items() if name not in ("ok", "uncertain")}
    for name, number in sorted(others.items()):
        kinds = ", ".join(f"{times:,} {kind}" for kind, times in _by_number(summary.errors))
        console.print(f"{name}: {number:,}" + (f" ({kinds})" if name == "failed" else ""))


def _by_number(errors: dict[str, int]) -> list[tuple[str, int]]:
    """'decode (10)' and how many, in the order of the kinds' numbers."""
    from audiotag.errors import kind_of

    kinds = sorted(errors, key=lambda name: kind_of(name).number)
    return [(f"{name} ({kind_of(name).number})", errors[name]) for name in kinds]
