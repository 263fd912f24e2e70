"""Options that commands share, and how a command ends."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from audiotag.errors import EXIT_INTERRUPTED, AudiotagError

Command = TypeVar("Command", bound=Callable[..., None])

Db = Annotated[Path | None, typer.Option("--db", metavar="FILE", help="The library (SQLite).")]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Read settings from this TOML file.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing unless something is wrong.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more; show a traceback on a fatal error.")
]


def command(function: Command) -> Command:
    """Give a command its ending: one line and the exit code for our faults, 130 for Ctrl-C."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except AudiotagError as fault:
            if kwargs.get("verbose"):
                traceback.print_exc()
            print(f"audiotag: {fault}", file=sys.stderr)
            raise typer.Exit(fault.exit_code) from None
        except KeyboardInterrupt:
            print("audiotag: interrupted; what was done so far is kept", file=sys.stderr)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has gone (`| head`): nothing is wrong. Python would
            # complain when it flushes stdout at exit, so stdout becomes the null device.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return wrapped  # type: ignore[return-value]


def to_bytes(path: Path) -> bytes:
    """A path from the command line as the bytes that the file system has."""
    return os.fsencode(path)
