"""How a command line is read and explained: what all commands share beyond their own options."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

from audiotag.cli.streams import tell
from audiotag.errors import EXIT_USAGE

# What may also stand before the command: flags, and options that take a value.
_FLAGS = ("-q", "--quiet", "-v", "--verbose")
_VALUED = ("--db", "--config")
# "PATH <list[Path]>": Python's types mean nothing to a reader.
_TYPE = re.compile(r" <[^>]*>$")
# More than any terminal is wide: a first sentence is never cut.
_WHOLE = 10_000


class PlainCommand(TyperCommand):
    """A command whose help names its arguments and options without Python's types."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """As typer's, but for the types."""
        write_options(self.get_params(ctx), ctx, formatter)


class Commands(TyperGroup):
    """All the commands. Common options may stand before a command, `help NAME` is `NAME --help`, the list of
    commands is never cut, and wrong usage is one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer's, of arguments in its order."""
        return super().parse_args(ctx, in_order(args))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """As typer's, but for the types."""
        write_options(self.get_params(ctx), ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each with the whole first sentence of its help."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(_WHOLE)) for name, command in commands if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def main(self, *args: Any, **extra: Any) -> Any:
        """As typer's; wrong usage is one line on standard error, exit code 2."""
        standalone_mode = extra.get("standalone_mode", True)
        extra["standalone_mode"] = False
        try:
            result = super().main(*args, **extra)
        except Exception as fault:
            # typer brings click's exceptions along under names that change between its versions.
            message = getattr(fault, "format_message", None)
            if message is None or not standalone_mode:
                raise
            tell(f"audiotag: {_in_words(message())}: see '{_command_of(fault)} --help'")
            sys.exit(getattr(fault, "exit_code", EXIT_USAGE))
        if not standalone_mode:
            return result
        sys.exit(result if isinstance(result, int) else 0)


def write_options(parameters: Iterable[Any], ctx: Any, formatter: Any) -> None:
    """The sections of a help text that tell of arguments and options."""
    for heading, rows in help_rows(parameters, ctx).items():
        if rows:
            with formatter.section(heading):
                formatter.write_dl(rows)


def help_rows(parameters: Iterable[Any], ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """(names, meaning) of a command's parameters, by the heading they stand under."""
    rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None:
            heading = "Arguments" if parameter.param_type_name == "argument" else "Options"
            rows[heading].append((_TYPE.sub("", record[0]), record[1]))
    return rows


def in_order(arguments: Sequence[str]) -> list[str]:
    """The arguments with the command first: `-q scan .` is `scan -q .`, `help scan` is `scan --help`."""
    rest, first = list(arguments), []
    while rest and (rest[0] in _FLAGS or rest[0].split("=", 1)[0] in _VALUED):
        count = 2 if rest[0] in _VALUED else 1
        first += rest[:count]
        del rest[:count]
    if rest[:1] == ["help"]:
        return [*(name for name in rest[1:2] if name != "help"), "--help"]
    if not rest or rest[0].startswith("-"):
        return [*first, *rest] if rest else first
    return [rest[0], *first, *rest[1:]]


def _in_words(message: str) -> str:
    """typer's message as ours are: "--jobs must be a whole number", no capital, no stop at its end."""
    text = " ".join(message.split()).rstrip(".")
    text = re.sub(r"^Invalid value for '([^']*)'", r"\1", text)
    for typed, plain in (("int", "a whole number"), ("float", "a number")):
        text = re.sub(rf": '.*' is not a valid {typed}$", f" must be {plain}", text)
    text = re.sub(r"^Option '(-[^']*)' requires an argument", r"\1 needs a value", text)
    text = text.replace(". Did you mean", ", did you mean").rstrip("?")
    return text[:1].lower() + text[1:]


def _command_of(fault: Exception) -> str:
    """The command whose usage was wrong, as it is typed."""
    context = getattr(fault, "ctx", None)
    return context.command_path if context is not None else "audiotag"
