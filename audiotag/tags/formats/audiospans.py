"""Where in a file its sound lies, apart from everything that tags may change.

Unlike payload.py, which proves that a write kept every byte, this looks at as little as it can:
headers only, and never at more of a file because it is long.
"""

from __future__ import annotations

from typing import BinaryIO

from audiotag.tags.formats import id3, magic
from audiotag.tags.formats.container import Sound, bare_sound
from audiotag.tags.formats.containers import recognise


def find_sound(file: BinaryIO) -> Sound:
    """Where the sound of an open file lies. Raises ValueError where its structure is damaged."""
    start = id3.end_in_front(file)
    try:
        container = recognise(file)[0]
    except magic.NotTaggedError:
        return bare_sound(file, start)
    return container.find_sound(file, start)
