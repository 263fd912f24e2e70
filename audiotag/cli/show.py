"""audiotag show"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import Config, Db, EngineName, Model, Quiet, Timeout, Verbose, command, to_bytes
from audiotag.cli.output import Messages, show_object
from audiotag.errors import EXIT_SOME_FAILED

if TYPE_CHECKING:
    from audiotag.config.settings import Settings
    from audiotag.library.store import Store
    from audiotag.model.learnt_file import OpenedModel
    from audiotag.reports.sheet import Look


@command
def show(
    track: Annotated[
        Path, typer.Argument(metavar="TRACK", readable=False, help="A file, in the library or not.")
    ],
    listen: Annotated[
        bool, typer.Option("--listen/--no-listen", help="Hear the file again, for its genres over time.")
    ] = True,
    number: Annotated[int, typer.Option("-n", metavar="N", min=0, help="Neighbours at most.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, on a line.")] = False,
    model: Model = None,
    engine: EngineName = None,
    timeout: Timeout = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show all that is known of one file: genres, also over time, tags, neighbours, journal.

    The file is heard again for its genres over time, and only read; nothing is stored.
    One that is not in the library is heard as well.

    Exit codes: 0 done, 1 fatal, or no such file, 2 wrong usage, 3 the file cannot
    be heard now; the rest is shown all the same.
    """
    from audiotag.cli.show_terminal import show_sheet
    from audiotag.config.sources import load_settings
    from audiotag.model.learnt_file import open_model
    from audiotag.reports.sheet import sheet_of
    from audiotag.reports.sheet_json import sheet_object

    given = {"db": db, "model": model, "engine": engine, "timeout": timeout}
    settings = load_settings(given, config)
    voice = Messages(quiet, verbose)
    path = os.path.abspath(to_bytes(track))
    opened = open_model(settings.model)
    if opened.note:
        voice.wrong(opened.note)
    with _library(settings, opened) as store:
        look = _look(settings, opened, store, voice, listen, number)
        with _waiting(quiet or not listen):
            sheet = sheet_of(store, path, look)
    if as_json:
        show_object(sheet_object(sheet, look.card))
    else:
        show_sheet(sheet, look.card)
    if sheet.heard is not None and sheet.heard.fault is not None:
        voice.wrong(f"cannot be heard now: {sheet.heard.fault[1]}")
        raise typer.Exit(EXIT_SOME_FAILED)


@contextmanager
def _library(settings: Settings, opened: OpenedModel) -> Iterator[Store | None]:
    """None where there is none yet: a file can be heard all the same."""
    from audiotag.model.seen import SeenStore

    with (
        SeenStore(settings.db, write=False, learnt=opened.learnt)
        if settings.db.exists()
        else nullcontext() as store
    ):
        yield store


def _look(
    settings: Settings, opened: OpenedModel, store: Store | None, voice: Messages, listen: bool, number: int
) -> Look:
    from audiotag.audio.child import DecodeLimits
    from audiotag.cli.tag import tag_options
    from audiotag.pipeline.predict import PredictOptions
    from audiotag.reports.sheet import Look
    from audiotag.tags.plan import TagOptions
    from audiotag.tags.policy import Rules

    options = PredictOptions(
        None, 1, settings.batch_size, settings.engine, DecodeLimits(settings.timeout), say=voice.say
    )
    tag = TagOptions(Rules()) if store is None else tag_options(settings, store)
    return Look(opened.card, options, tag, listen, number, opened.learnt)


@contextmanager
def _waiting(quiet: bool) -> Iterator[None]:
    """A sign on a terminal that something is going on; a long mix takes minutes."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status("Listening …"):
        yield
