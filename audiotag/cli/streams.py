"""Standard input, output and error, in whatever state they were handed to us: closed, full, gone."""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TextIO

from audiotag.errors import EXIT_FATAL
from audiotag.text import escaped


@contextmanager
def standard_streams() -> Iterator[None]:
    """The program runs inside of it: no state of the streams brings out a traceback.

    Output that cannot be written is said in one line, and the exit code is 1; a message that
    cannot be is lost, and changes nothing. A reader that has gone (`| head`) is nothing wrong.
    """
    reopen_closed()
    try:
        yield
    except SystemExit:
        _flush()
        raise
    except OSError as fault:
        # From the argument parser, which prints help, and wrong usage, by itself.
        silence(sys.stdout)
        tell(f"audiotag: output: {fault.strerror or fault}")
        raise SystemExit(getattr(fault.__context__, "exit_code", EXIT_FATAL)) from None
    _flush()


def reopen_closed() -> None:
    """Put /dev/null where standard input, output or error is closed.

    Else the next file that is opened takes its number, and what is printed goes into that file.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
            os.set_inheritable(number, True)  # worker processes must not find it closed either
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def tell(line: str) -> None:
    """A line for people, on standard error; lost where nobody can read it."""
    try:
        print(escaped(line), file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def ask(question: str) -> bool:
    """Whether a person at the terminal says yes; an end of input is a no. What comes next, be it the line of
    an interruption, begins a line."""
    answer = ""
    try:
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
    except OSError:
        pass
    finally:
        if not answer.endswith("\n"):
            tell("")
    return answer.strip().casefold() in ("y", "yes")


def on_terminal() -> bool:
    """Whether there is a person to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def reader_has_gone() -> bool:
    """Whether nobody reads standard output any more; a pipe that broke may have been another."""
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):
        return True
    return bool(poll.poll(0))


def show(line: str) -> None:
    """Data, on standard output; a reader that has gone (`| head`) does not end the writing."""
    try:
        print(escaped(line), flush=True)
    except BrokenPipeError:
        silence(sys.stdout)


def show_object(values: Mapping[str, object]) -> None:
    """Data as JSON on a line of standard output, in ASCII where that is no UTF-8."""
    from audiotag.reports.json import json_line

    is_utf8 = (sys.stdout.encoding or "").replace("-", "").casefold() == "utf8"
    show(json_line(values) if is_utf8 else json.dumps(values))


def silence(stream: TextIO) -> None:
    """Let what is still to come, and what Python flushes at exit, go nowhere."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as fault:
        silence(sys.stdout)
        tell(f"audiotag: output: {fault.strerror or fault}")
        raise SystemExit(EXIT_FATAL) from None
