"""The command line. One file a command; heavy imports happen inside the commands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from audiotag import __version__
from audiotag.cli.echo import EchoedCommand
from audiotag.cli.ending import leaving_at_once
from audiotag.cli.grammar import Commands, PlainCommand
from audiotag.cli.streams import standard_streams, tell
from audiotag.errors import EXIT_INTERRUPTED, WrongSystemError
from audiotag.system import need_linux

# Each is a function of its name in a file of its name; in this order the help has them.
COMMANDS = (
    "scan",
    "tag",
    "undo",
    "watch",
    "report",
    "show",
    "similar",
    "duplicates",
    "learn",
    "models",
    "prepare",
    "train",
    "evaluate",
    "doctor",
)
# Those that say how to give them again.
_ECHOED = ("scan", "tag")

_HELP = ("-h", "--help", "help")
_VERSION = ("-V", "--version")


def app_of(names: Iterable[str], only_described: bool = False) -> typer.Typer:
    """The command line with these commands. only_described: without their options, for the list of them."""
    app = typer.Typer(
        cls=Commands,
        name="audiotag",
        help="Listens to a music library and writes genres into the files.",
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in names:
        function = getattr(import_module(f"audiotag.cli.{name}"), name)
        if only_described:
            function = _described(name, function.__doc__)
        app.command(cls=EchoedCommand if name in _ECHOED else PlainCommand)(function)
    return app


def _described(name: str, text: str | None) -> Callable[[], None]:
    def nothing() -> None:
        pass

    nothing.__name__, nothing.__doc__ = name, text
    return nothing


def __getattr__(name: str) -> typer.Typer:
    """`app`, the command line with all commands, for those who call it from Python."""
    if name == "app":
        return app_of(COMMANDS)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"audiotag {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    # Those of every command, for audiotag alone; before a command they are its own, see grammar.in_order.
    db: Annotated[Path | None, typer.Option("--db", hidden=True)] = None,
    config: Annotated[Path | None, typer.Option("--config", hidden=True)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", hidden=True)] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", hidden=True)] = False,
) -> None:
    if context.invoked_subcommand is None:
        from audiotag.cli.next_steps import next_steps

        next_steps(db=db, config=config, quiet=quiet, verbose=verbose)


def main() -> None:
    """Entry point of the `audiotag` command."""
    with leaving_at_once(), standard_streams():
        try:
            need_linux()
        except WrongSystemError as fault:
            tell(f"audiotag: {fault}")
            raise SystemExit(fault.exit_code) from None
        # The options of all commands take longer to put together than most of them to do their work.
        words = sys.argv[1:]
        alone = words[0] if len(words) == 1 else ""
        named = [word for word in words[:1] if word in COMMANDS]
        try:
            app_of(() if alone in _VERSION else named or COMMANDS, only_described=alone in _HELP)()
        except KeyboardInterrupt:  # before the command had begun, which has an ending of its own
            tell("audiotag: interrupted")
            raise SystemExit(EXIT_INTERRUPTED) from None
