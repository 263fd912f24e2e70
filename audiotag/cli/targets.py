"""The files that a command was asked to write, looked at before anything is done."""

from __future__ import annotations

import os
from pathlib import Path

from audiotag.errors import AudiotagError, UsageError, in_words
from audiotag.text import printable


def check_targets(*files: Path | None) -> None:
    """Raises UsageError where one of them is a piece of music, or where two are stdout ('-').

    An option without its FILE takes the next word for it: `similar --m3u *.mp3` would else put a playlist in
    the place of a song.
    """
    named = [file for file in files if file is not None]
    if sum(str(file) == "-" for file in named) > 1:
        raise UsageError("only one of them can go to stdout; give the others a FILE")
    for file in named:
        if _is_music(file):
            raise UsageError(f"{printable(file)}: is music, and not to be written over; name another FILE")


def check_room_for(*files: Path | None) -> None:
    """Raises AudiotagError where one of them cannot be written, before there is anything to write."""
    from audiotag.atomic import check_writable

    for file in files:
        if file is None or str(file) == "-":
            continue
        try:
            check_writable(file)
        except OSError as fault:
            raise AudiotagError(f"{printable(file)}: cannot be written ({in_words(fault)})") from fault


def _is_music(file: Path) -> bool:
    """A file that is there and that a scan would take for music, also behind a link."""
    target = os.path.realpath(os.fsencode(file))
    if not os.path.isfile(target):
        return False
    from audiotag.tags.formats.suffixes import SUFFIXES

    return any(os.path.splitext(name)[1].lower() in SUFFIXES for name in (target, os.fsencode(file)))
