"""The command line. One file a command; heavy imports happen inside the commands."""

from __future__ import annotations

from typing import Annotated

import typer

from audiotag import __version__
from audiotag.cli.doctor import doctor
from audiotag.cli.duplicates import duplicates
from audiotag.cli.echo import EchoedCommand
from audiotag.cli.evaluate import evaluate
from audiotag.cli.grammar import Commands, PlainCommand
from audiotag.cli.learn import learn
from audiotag.cli.models import models
from audiotag.cli.next_steps import next_steps
from audiotag.cli.prepare import prepare
from audiotag.cli.report import report
from audiotag.cli.scan import scan
from audiotag.cli.show import show
from audiotag.cli.similar import similar
from audiotag.cli.streams import standard_streams
from audiotag.cli.tag import tag
from audiotag.cli.train import train
from audiotag.cli.undo import undo
from audiotag.cli.watch import watch

app = typer.Typer(
    cls=Commands,
    name="audiotag",
    help="Listens to a music library and writes genres into the files.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"audiotag {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        next_steps()


app.command(cls=EchoedCommand)(scan)
app.command(cls=EchoedCommand)(tag)
app.command(cls=PlainCommand)(undo)
app.command(cls=PlainCommand)(watch)
app.command(cls=PlainCommand)(report)
app.command(cls=PlainCommand)(show)
app.command(cls=PlainCommand)(similar)
app.command(cls=PlainCommand)(duplicates)
app.command(cls=PlainCommand)(learn)
app.command(cls=PlainCommand)(models)
app.command(cls=PlainCommand)(prepare)
app.command(cls=PlainCommand)(train)
app.command(cls=PlainCommand)(evaluate)
app.command(cls=PlainCommand)(doctor)


def main() -> None:
    """Entry point of the `audiotag` command."""
    with standard_streams():
        app()
