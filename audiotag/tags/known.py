"""What the library keeps of a file's tags, so that planning need not open it again."""

from __future__ import annotations

import os
from contextlib import suppress

from audiotag.errors import TagReadError
from audiotag.library.records import KnownTags, Track
from audiotag.tags.formats.read import AnyPath, TrackTags, read_tags


def state_of(info: os.stat_result) -> str:
    """Which content: size, modification and change time. The last one also shows an edit by a
    program that sets the modification time back."""
    return f"{info.st_size}:{info.st_mtime_ns}:{info.st_ctime_ns}"


def look(path: AnyPath) -> tuple[TrackTags | None, KnownTags | None]:
    """A file's tags, None if they cannot be read, and what the library is to keep of them.

    That is None when the file changed meanwhile. Raises OSError where there is no such file.
    """
    state = state_of(os.stat(path))
    tags = None
    with suppress(TagReadError):
        tags = read_tags(path)
    steady = state_of(os.stat(path)) == state
    return tags, known_tags(tags, state) if steady else None


def known_tags(tags: TrackTags | None, state: str) -> KnownTags:
    """What the library keeps; `tags` is None where they could not be read."""
    if tags is None:
        return KnownTags(state)
    return KnownTags(state, tags.container, tags.genres, tags.stored, tags.id3_version, tags.texts)


def tags_in_library(track: Track, state: str) -> TrackTags | None:
    """A file's tags, if the library has those of this very state of it, and they could be read."""
    info, known = track.info, track.info.tags
    if known is None or known.state != state or not known.container:
        return None
    return TrackTags(
        known.container, known.genres, known.stored, info.artist, info.album, info.title,
        None, known.id3_version, known.texts, year=info.year,
    )  # fmt: skip
