"""The manual page: what every command's help says, in roff, from the same source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import dedent
from typing import Any

import typer
from typer.main import get_command

from audiotag import __version__
from audiotag.cli.grammar import help_rows
from audiotag.config.settings import about, setting_names, variable_of

# Marks paragraphs that are not to be filled.
_AS_IT_IS = "\b"
_COMMON = ("--db", "--config", "-q, --quiet", "-v, --verbose", "-h, --help")
_EXIT_CODES = (
    ("0", "all done"),
    ("1", "fatal: one line says why and what to do"),
    ("2", "wrong usage"),
    ("3", "finished, but some files failed; each is named"),
    ("4", "another run holds the library"),
    ("130", "interrupted; what was done so far is kept"),
)
_FILES = (
    ("~/.config/audiotag/config.toml", "settings, unless --config or AUDIOTAG_CONFIG names another file"),
    ("~/.local/share/audiotag/library.db", "the library, unless --db names another"),
)


def manual_page(app: typer.Typer) -> str:
    """audiotag(1), for man: roff of the man macros."""
    root: Any = get_command(app)
    context = _context(root, "audiotag", None)
    commands = {name: root.get_command(context, name) for name in root.list_commands(context)}
    lines = [
        f'.TH AUDIOTAG 1 "" "audiotag {__version__}" "User Commands"',
        ".SH NAME",
        f"audiotag \\- {_inline(root.help).rstrip('.')[:1].lower()}{_inline(root.help).rstrip('.')[1:]}",
        ".SH SYNOPSIS",
        *_synopsis("audiotag", "[OPTIONS] COMMAND [ARGS]..."),
        ".SH COMMANDS",
    ]
    for name, command in commands.items():
        lines += _command(name, command, context)
    lines += [".SH OPTIONS OF EVERY COMMAND", *_common(commands["scan"], context)]
    lines += [".SH EXIT STATUS", *_listed(_EXIT_CODES)]
    lines += [".SH ENVIRONMENT", "Settings that are not on the command line:", *_listed(_variables())]
    lines += [".SH FILES", *_listed(_FILES)]
    return "\n".join(lines) + "\n"


def _command(name: str, command: Any, root: Any) -> Iterator[str]:
    context = _context(command, f"audiotag {name}", root)
    yield f".SS {name}"
    pieces = " ".join(command.collect_usage_pieces(context))
    yield from _synopsis(f"audiotag {name}", pieces)
    yield from _paragraphs(command.help or "")
    rows = help_rows(command.get_params(context), context)
    own = [row for row in (*rows["Arguments"], *rows["Options"]) if not _is_common(row[0])]
    yield from _listed(own)


def _common(command: Any, root: Any) -> Iterator[str]:
    rows = help_rows(command.get_params(_context(command, "scan", root)), root)["Options"]
    yield from _listed(row for row in rows if _is_common(row[0]))


def _is_common(names: str) -> bool:
    return names.startswith(_COMMON)


def _variables() -> Iterator[tuple[str, str]]:
    for name in setting_names():
        yield variable_of(name), about(name).meaning


def _synopsis(name: str, rest: str) -> Iterator[str]:
    yield ".PP"
    yield f"\\fB{_inline(name)}\\fR {_inline(rest)}"


def _paragraphs(text: str) -> Iterator[str]:
    """Help text, whose paragraphs are parted by empty lines; one that begins with \\b keeps its lines."""
    for paragraph in text.strip().split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        yield ".PP"
        if lines[0].strip(" ") == _AS_IT_IS:
            # Further to the left than text, or the longest lines would not fit 80 columns.
            yield from (".in 4n", ".nf")
            yield from (_line(line) for line in dedent("\n".join(lines[1:])).split("\n"))
            yield from (".fi", ".in")
        else:
            yield from (_line(line.strip()) for line in lines if line.strip())


def _listed(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for names, meaning in rows:
        yield ".TP"
        yield f"\\fB{_inline(names)}\\fR"
        yield _line(meaning or "\\&")


def _line(text: str) -> str:
    """A line of text; one that begins with a dot or a quote would be a command."""
    escaped = _inline(text)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _inline(text: str) -> str:
    """What roff takes as it is; other characters than ASCII by their numbers."""
    escaped = " ".join(text.split("\n")).replace("\\", "\\e").replace("-", "\\-")
    return "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)


def _context(command: Any, name: str, parent: Any) -> Any:
    return typer.Context(command, info_name=name, parent=parent, help_option_names=["-h", "--help"])
