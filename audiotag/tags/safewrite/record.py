"""What a write is asked to do, what the journal keeps of it, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from audiotag.library.bounds import bounded
from audiotag.tags.formats.read import TrackTags

# A tag's fields as the journal keeps them: "genre", names of OWN_TEXTS, "id3_version", and the
# other places that say a genre, by their names in TrackTags.elsewhere.
Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Record:
    """What the journal keeps of a write: the fields that it changes, before and after.

    before, after: the identities of the file and of the one that takes its place, as `identity`
    gives them. delta: what gives the old bytes back (bytedelta.py), None where that is too much.
    sound: the fingerprint of its sound, None where a damaged structure hides it. payload: the
    SHA-256 of all of its sound (payload.py). None of the three in rows of older libraries.
    """

    before: str
    after: str
    old: Fields
    new: Fields
    delta: bytes | None
    sound: bytes | None = None
    payload: bytes | None = None


@dataclass(frozen=True)
class WriteResult:
    """What a write did: the genre field as it was stored, and as it is now; all tags as they are."""

    changed: bool
    old: tuple[str, ...]
    new: tuple[str, ...]
    record: Record | None = field(default=None, compare=False)
    tags: TrackTags | None = field(default=None, compare=False)


def _never() -> bool:
    return False


@dataclass(frozen=True)
class WriteOptions:
    """How to write. `on_commit` is called once all is checked, right before the file changes.

    What it raises ends the write with the file as it was. `expected` is the genre field that the
    plan was made from (TrackTags.stored): if the file has another by now, nothing is written.
    `undo_of` is the write that is put back: it gives the old bytes, if the file has not changed
    since; and a file with another sound is refused. `any_version`, likewise for an undo: if the
    other tags would not survive a change of the ID3 version, the genre is written in the version
    that is there. `stopped` is asked now and then: once it says so, the write ends with
    InterruptedRunError, the file being as it was.
    """

    keep_mtime: bool = False
    break_hardlinks: bool = False
    change_owner: bool = False
    expected: tuple[str, ...] | None = None
    on_commit: Callable[[Record], None] | None = None
    undo_of: Record | None = None
    any_version: bool = False
    stopped: Callable[[], bool] = _never


def identity(status: os.stat_result) -> str:
    """Which file, in which state: "device:inode:size:mtime_ns"."""
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


def stamp_of(identity: str) -> tuple[int, int]:
    """Size and mtime_ns of an identity, as a track's row has them."""
    size, mtime_ns = identity.split(":")[2:]
    return bounded(int(size)), bounded(int(mtime_ns))


def id3_name(version: int) -> str:
    """The version as people write it: 2.3 for 3."""
    return f"2.{version}"


def fields_of(tags: TrackTags) -> Fields:
    """All that a write may change, as the journal keeps it."""
    version = {} if tags.id3_version is None else {"id3_version": (id3_name(tags.id3_version),)}
    return {"genre": tags.stored, **tags.texts, **version, **tags.elsewhere}
