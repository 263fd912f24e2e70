"""audiotag models"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command
from audiotag.cli.output import Messages, plural, show, show_object
from audiotag.errors import EXIT_FATAL, ModelError

if TYPE_CHECKING:
    from audiotag.discovery.learn.listed import ListedModel


@command
def models(
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines: one object a model.")] = False,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the shipped models and those that you have learnt.

    Exit 1 when one is damaged, or the config file names one that is not there.
    """
    from dataclasses import asdict

    from audiotag.config.sources import load_settings
    from audiotag.discovery.learn.listed import listed_models
    from audiotag.model.learnt_file import open_model

    in_use = load_settings({"db": db}, config).model
    voice = Messages(quiet, verbose)
    wrong = False
    listed = list(listed_models())
    if all(one.name != in_use for one in listed):
        try:
            open_model(in_use)
        except ModelError as fault:
            wrong = True
            voice.wrong(f"in use: {fault}")
    for one in listed:
        wrong |= one.problem is not None
        if as_json:
            show_object(asdict(one) | {"in_use": one.name == in_use})
        elif not quiet:
            show(_line(one, one.name == in_use))
        if one.problem is not None:
            voice.wrong(one.problem)
    if wrong:
        raise typer.Exit(EXIT_FATAL)


def _line(one: ListedModel, in_use: bool) -> str:
    parts = [one.kind, plural(len(one.genres), "genre")]
    if one.tracks is not None:
        parts.append(f"from {plural(one.tracks, 'track')}")
    if one.top1 is not None and one.coverage is not None:
        parts.append(f"first answer right {one.top1:.1%}")
        right = "nothing is written" if one.precision is None else f"{one.precision:.1%} of those right"
        parts.append(f"{one.coverage:.1%} written, {right}")
    return f"{one.name}{' (in use)' if in_use else ''}: {', '.join(parts)}; {one.identity or 'damaged'}"
