"""File names as people can read them."""

from __future__ import annotations

import os
from pathlib import Path


def printable(path: bytes | str | Path) -> str:
    """A file's name on one line that any terminal and log can take.

    Bytes that are no UTF-8 and characters that do not print are escaped.
    """
    text = os.fsencode(path).decode("utf-8", errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
