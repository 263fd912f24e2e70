"""Foreign text, of file names and tags, as a terminal and a log can take it."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

# Joiners are letters' business in Persian, Hindi and emoji, and move nothing on a terminal.
_HARMLESS = "\u200c\u200d"


def printable(path: bytes | str | Path) -> str:
    """A file's name on one line that any terminal and log can take.

    Bytes that are no UTF-8 and characters that do not print are escaped.
    """
    try:
        name = os.fsencode(path)
    except UnicodeEncodeError:  # text that is no name of this system
        return escaped(str(path))
    return escaped(name.decode("utf-8", errors="backslashreplace"))


def escaped(text: str) -> str:
    """Text on one line: control characters, line ends, and what turns the direction of writing
    are shown as \\n, \\x1b or \\u202e, so that nobody's tags can move the cursor or hide a name."""
    if text.isprintable():
        return text
    return "".join(c if prints(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def prints(character: str) -> bool:
    """Whether a character may go to a terminal as it is; other spaces than " " may as well."""
    return character.isprintable() or character in _HARMLESS or unicodedata.category(character) == "Zs"
