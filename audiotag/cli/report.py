"""audiotag report"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.completion import genres, one_of
from audiotag.cli.options import Config, Db, Judge, Quiet, Verbose, command, to_bytes
from audiotag.cli.output import Messages
from audiotag.errors import EXIT_SOME_FAILED, AudiotagError, UsageError

if TYPE_CHECKING:
    from audiotag.library.store import Store
    from audiotag.reports.selection import Selection

_STATUSES = "ok|uncertain|too-short|failed|missing"
_SORTS = "path|genre|confidence|artist|album|title|duration|status|scanned_at"


@command
def report(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", readable=False, help="Only files at or below these."),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            metavar=_STATUSES,
            help="Only tracks of this status; repeatable.",
            autocompletion=one_of(_STATUSES),
        ),
    ] = None,
    genre: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only tracks of this genre; repeatable.", autocompletion=genres),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar=_SORTS,
            help="Numbers and times the largest first. [default: path]",
            autocompletion=one_of(_SORTS),
        ),
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Sort the other way round.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write CSV; '-' is stdout.")
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write JSON Lines, one object a line; '-' is stdout."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write one page with table and map; '-' is stdout."),
    ] = None,
    remap: Annotated[bool, typer.Option("--remap", help="Lay the map of --html anew.")] = False,
    m3u: Annotated[
        Path | None, typer.Option("--m3u", metavar="DIR", help="Write playlists, one a genre, into a folder.")
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(
            metavar="artist|flow",
            help="Of playlists; flow: each near to the next. [default: artist]",
            autocompletion=one_of("artist|flow"),
        ),
    ] = None,
    styles: Annotated[bool, typer.Option("--styles", help="With --m3u a playlist a style as well.")] = False,
    model: Judge = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Report what the library knows: a summary on a terminal, CSV when redirected.

    With --status, --genre or --sort a terminal shows the tracks that match, a line each;
    CSV, JSON and playlists are of the same tracks, in the same order, and so is the page.

    \b
      audiotag report --status failed           what could not be heard, and why
      audiotag report --genre Jazz --sort confidence
      audiotag report --m3u ~/Music/Genres      playlists for players and servers

    Exit codes: 0 done, 1 fatal, 2 wrong usage, 3 a playlist was left alone (each is
    named): somebody else wrote or edited the file of its name.
    """
    from audiotag.cli.heard import say_if_outdated
    from audiotag.cli.html import PageOrder, write_html
    from audiotag.cli.report_files import Files, output, write_files
    from audiotag.cli.report_playlists import wanted_playlists
    from audiotag.cli.targets import check_room_for, check_targets
    from audiotag.config.sources import load_settings
    from audiotag.model.seen import open_seen
    from audiotag.reports.selection import Selection, check_genres

    chosen = Selection(tuple(status or ()), tuple(genre or ()), sort or "path", reverse)
    playlists = wanted_playlists(m3u, order, styles, chosen, sort)
    if remap and html is None:
        raise UsageError("--remap lays the map of --html anew; give --html FILE as well")
    check_targets(csv, json, html)
    voice = Messages(quiet, verbose)
    settings = load_settings({"db": db, "model": model}, config)
    under = [os.path.abspath(to_bytes(path)) for path in paths or ()]
    files = Files(csv, json, playlists)
    check_room_for(csv, json, html)
    with open_seen(settings.db, settings.model, write=False) as store:
        must_be_known(store, under)
        check_genres(store, chosen.genres)
        say_if_outdated(store.latest_model(), settings.model, voice)
        if html is not None:
            write_html(PageOrder(html, under, chosen, remap, output), settings, store, voice)
        elif files.are_none and not sys.stdout.isatty():
            files = replace(files, csv=Path("-"))
        if files.are_none and html is None:
            _show(store, under, chosen, bool(status or genre or sort or reverse))
        elif not write_files(store, under, chosen, files, voice):
            raise typer.Exit(EXIT_SOME_FAILED)


def _show(store: Store, under: list[bytes], chosen: Selection, is_chosen: bool) -> None:
    from audiotag.cli.report_summary import show_summary
    from audiotag.cli.report_table import show_tracks
    from audiotag.reports.selection import part_in_words, select
    from audiotag.reports.summary import summarise
    from audiotag.text import printable

    if is_chosen:
        show_tracks(select(store, under, chosen), chosen.statuses)
    else:
        part = part_in_words([printable(path) for path in under], chosen)
        show_summary(summarise(store.tracks(under)), part)


def must_be_known(store: Store, under: list[bytes]) -> None:
    """Raises AudiotagError for a path that neither exists nor is in the library."""
    from audiotag.text import printable

    for path in under:
        if not os.path.lexists(path) and next(iter(store.paths([path])), None) is None:
            raise AudiotagError(f"{printable(path)}: no such file or folder, nor is it in the library")
