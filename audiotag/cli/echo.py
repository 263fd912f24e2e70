"""The command that was given, as one that can be given again."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import Any

import typer

from audiotag.cli.grammar import PlainCommand
from audiotag.text import prints

_ARGUMENTS = "audiotag.arguments"


class EchoedCommand(PlainCommand):
    """A command that keeps its arguments as they were typed, for `same_command`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)


def same_command(context: typer.Context, *first: str) -> str:
    """The line that would run this command again, with the arguments `first` before the others."""
    words = (context.info_name or "", *first, *context.meta.get(_ARGUMENTS, ()))
    return " ".join((_program(context.find_root().info_name or "audiotag"), *map(quoted, words)))


def quoted(word: str) -> str:
    """A word for a shell: as it is, in quotes, or as $'…' where a terminal cannot show it."""
    if all(map(_is_shown, word)):
        return shlex.quote(word)
    return "$'" + "".join(map(_escape, os.fsencode(word).decode("utf-8", errors="surrogateescape"))) + "'"


def _is_shown(character: str) -> bool:
    """Whether standard error, where hints go, has the character, and may show it."""
    try:
        character.encode(sys.stderr.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return prints(character)


def _escape(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if _is_shown(character):
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", errors="surrogateescape"))


def _program(name: str) -> str:
    """What was typed to start us, as far as it can be known."""
    started = sys.argv[0]
    if name.endswith(" -m audiotag"):
        python = os.path.basename(sys.executable)
        is_first = shutil.which(python) == sys.executable
        return f"{quoted(python if is_first else sys.executable)} -m audiotag"
    if os.path.basename(started) == name and os.path.dirname(started):
        return name if shutil.which(name) == os.path.abspath(started) else quoted(started)
    return name
