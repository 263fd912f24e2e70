"""Options that commands share, and how a command ends."""

from __future__ import annotations

import errno
import functools
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from audiotag.cli.completion import models, one_of
from audiotag.cli.streams import reader_has_gone, silence, tell
from audiotag.config.settings import choices_of, with_default
from audiotag.errors import EXIT_FATAL, EXIT_INTERRUPTED, AudiotagError, InterruptedRunError
from audiotag.text import printable

Command = TypeVar("Command", bound=Callable[..., None])

Db = Annotated[
    Path | None,
    typer.Option("--db", metavar="FILE", help="The library (SQLite), or its name in the config file."),
]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Read settings from this TOML file.")
]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        help=with_default("wait", "Wait so long for another run to let go of the library."),
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help=with_default("model", "Model by name or card file."),
        autocompletion=models,
    ),
]
Judge = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|FILE",
        help=with_default("model", "A learnt model by name."),
        autocompletion=models,
    ),
]
EngineName = Annotated[
    str | None,
    typer.Option(
        metavar=choices_of("engine"),
        help=with_default("engine", "What runs the network."),
        autocompletion=one_of(choices_of("engine")),
    ),
]
BatchSize = Annotated[
    int | None, typer.Option(metavar="N", help=with_default("batch_size", "Windows a batch."))
]
Jobs = Annotated[int | None, typer.Option(metavar="N", help=with_default("jobs", "Decode processes."))]
Timeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help=with_default("timeout", "Give up on a file after this long.")),
]
KeepMtime = Annotated[bool, typer.Option("--keep-mtime", help="Keep the files' modification times.")]
BreakHardlinks = Annotated[
    bool,
    typer.Option("--break-hardlinks", help="Write files with other hard links too; those keep the old file."),
]
ChangeOwner = Annotated[
    bool,
    typer.Option("--change-owner", help="Write files of other owners too, which become yours."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing unless something is wrong.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more; show a traceback on a fatal error.")
]


def command(function: Command) -> Command:
    """Give a command its ending: one line and the exit code for our faults, 130 when interrupted."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        # From cron or a service manager the end comes as SIGTERM: the same orderly end as Ctrl-C,
        # which also takes the worker processes along.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            function(*args, **kwargs)
            sys.stdout.flush()
        except AudiotagError as fault:
            if kwargs.get("verbose") and not isinstance(fault, InterruptedRunError):
                traceback.print_exc()
            tell(f"audiotag: {fault}")
            raise typer.Exit(fault.exit_code) from None
        except KeyboardInterrupt:
            tell("audiotag: interrupted; what was done so far is kept")
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except OSError as fault:
            if isinstance(fault, BrokenPipeError) and reader_has_gone():  # `| head`: nothing is wrong
                silence(sys.stdout)
                return
            if kwargs.get("verbose"):
                traceback.print_exc()
            silence(sys.stdout)
            tell(f"audiotag: {_in_words(fault)}")
            raise typer.Exit(EXIT_FATAL) from None

    return wrapped  # type: ignore[return-value]


def _in_words(fault: OSError) -> str:
    """What a fault of the system means that nobody below had a name for."""
    if fault.errno in (errno.EMFILE, errno.ENFILE):
        return "too few files may be open at once; raise the limit (ulimit -n), or lower --jobs"
    if fault.errno == errno.EPIPE:
        return "a process of its own ended before its work did, or could not be started (broken pipe)"
    if fault.errno in (errno.EAGAIN, errno.ENOMEM):
        return f"no room for another process ({fault.strerror}); raise the limit (ulimit -u), or lower --jobs"
    return f"{fault.filename or 'output'}: {fault.strerror or fault}"


def to_bytes(path: Path) -> bytes:
    """A path from the command line as the bytes that the file system has."""
    return os.fsencode(path)


def must_exist(path: Path) -> None:
    """Raises AudiotagError unless there is something at `path` that we may look at."""
    try:
        path.stat()
    except FileNotFoundError as fault:
        raise AudiotagError(f"{printable(path)}: no such file or folder") from fault
    except OSError as fault:
        raise AudiotagError(f"{printable(path)}: {fault.strerror}") from fault
