"""The safe write: whatever happens, the file is either as it was or wholly written.

Copy in the same folder → write the genre on the copy → fsync → open it again and check that the
genre is what was meant and that all else, audio included, is as it was → give it owner, mode and
extended attributes → check that nobody has touched the original meanwhile → tell the journal →
replace → fsync the folder. User files are opened for reading only. What stands against a write is
in obstacles.py; a symbolic link stays, and its target is written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from audiotag.atomic import sync_folder
from audiotag.errors import FileFault, TagWriteError
from audiotag.library.bounds import bounded
from audiotag.tags.change import Change
from audiotag.tags.formats.containers import CONTAINERS
from audiotag.tags.formats.payload import payload_digest, sound_digest
from audiotag.tags.formats.read import (
    AnyPath,
    TrackTags,
    meaning,
    open_regular,
    read_tags,
    write_change,
    writing,
)
from audiotag.tags.formats.snapshot import Snapshot, snapshot_across_versions, snapshot_others
from audiotag.tags.formats.sound import common_fingerprint, is_same_sound
from audiotag.tags.safewrite import bytedelta
from audiotag.tags.safewrite.copy import TemporaryCopy, keep_attributes, temporary_copy
from audiotag.tags.safewrite.obstacles import check_allowed, check_unused, refused
from audiotag.text import printable

# The change time as well: it shows an edit by a program that sets the modification time back.
_IDENTITY = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")

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


@dataclass(frozen=True)
class WriteOptions:
    """How to write. `on_commit` is called once all is checked, right before the file changes.

    What it raises ends the write with the file as it was. `expected` is the genre field that the
    plan was made from (TrackTags.stored): if the file has another by now, nothing is written.
    `undo_of` is the write that is put back: it gives the old bytes, if the file has not changed
    since; and a file with another sound is refused. `any_version`, likewise for an undo: if the
    other tags would not survive a change of the ID3 version, the genre is written in the version
    that is there.
    """

    keep_mtime: bool = False
    break_hardlinks: bool = False
    change_owner: bool = False
    expected: tuple[str, ...] | None = None
    on_commit: Callable[[Record], None] | None = None
    undo_of: Record | None = None
    any_version: bool = False


def safe_write(target: AnyPath, change: Change, options: WriteOptions | None = None) -> WriteResult:
    """Carry out a change in a file's tags, safely.

    A file that is so already is only read. Raises TagReadError or TagWriteError, after both of
    which the file is as it was, and whatever `on_commit` raises, likewise.
    """
    options = options or WriteOptions()
    if not options.any_version or change.id3_version is None:
        return _safe_write(target, change, options)
    committed: list[Record] = []

    def commit(record: Record) -> None:
        committed.append(record)
        if options.on_commit is not None:
            options.on_commit(record)

    try:
        return _safe_write(target, change, replace(options, on_commit=commit))
    except TagWriteError:
        if committed:
            raise
    return _safe_write(target, replace(change, id3_version=None), options)


def _safe_write(target: AnyPath, change: Change, options: WriteOptions) -> WriteResult:
    with writing(target):
        path = os.path.realpath(os.fsencode(target), strict=True)
        with open_regular(path) as original:
            before = os.fstat(original.fileno())
            tags = read_tags(path)
            if options.expected is not None and tags.stored != options.expected:
                raise refused(target, "its genre was changed meanwhile; plan again")
            if _is_so(tags, change):
                return WriteResult(False, tags.stored, tags.stored)
            check_allowed(target, path, original.fileno(), options.break_hardlinks)
            with temporary_copy(original, os.path.dirname(path)) as copy:
                with _faults_of(target, copy.path):
                    written, payload = _write_checked(target, path, copy, tags, change, options)
                keep_attributes(
                    original.fileno(),
                    copy.descriptor,
                    keep_mtime=options.keep_mtime,
                    change_owner=options.change_owner,
                )
                os.fsync(copy.descriptor)
                _check_untouched(target, path, before)
                record = None
                if options.on_commit is not None:
                    with open_regular(copy.path) as made:
                        delta = bytedelta.make(original, made)
                        sound = common_fingerprint(original, made)
                    after = identity(os.fstat(copy.descriptor))
                    fields = _fields(tags, written)
                    record = Record(identity(before), after, *fields, delta, sound, payload)
                    options.on_commit(record)
                    _check_untouched(target, path, before)
                check_unused(target, original.fileno())
                os.replace(copy.path, path)
        sync_folder(os.path.dirname(path))
        return WriteResult(True, tags.stored, written.stored, record, written)


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


def _fields(before: TrackTags, after: TrackTags) -> tuple[Fields, Fields]:
    """The fields that differ, and the genre in any case: their old and their new values."""
    old, new = fields_of(before), fields_of(after)
    changed = [name for name in {**old, **new} if name == "genre" or old.get(name) != new.get(name)]
    return {name: old.get(name, ()) for name in changed}, {name: new.get(name, ()) for name in changed}


def _is_so(tags: TrackTags, change: Change) -> bool:
    """Whether nothing is to change; a genre that only means the same counts as the same."""
    genres = change.genres in (tags.stored, meaning(tags.stored, tags.id3_version))
    texts = all(tags.texts.get(name, ()) == values for name, values in change.texts.items())
    places = all(tags.elsewhere.get(name, ()) == values for name, values in (change.elsewhere or {}).items())
    return genres and texts and places and _version_after(tags, change) == tags.id3_version


def _version_after(tags: TrackTags, change: Change) -> int | None:
    return tags.id3_version if change.id3_version is None or tags.id3_version is None else change.id3_version


def _write_checked(
    target: AnyPath,
    path: bytes,
    copy: TemporaryCopy,
    before: TrackTags,
    change: Change,
    options: WriteOptions,
) -> tuple[TrackTags, bytes]:
    """Write the copy and read it back; TagWriteError unless it is as meant and all else the same.

    Returns its tags and the digest of its sound.
    """
    is_old_again, back = False, options.undo_of
    if back is not None and back.delta is not None:
        with open(copy.path, "r+b") as file:
            is_old_again = bytedelta.apply(file, back.delta)
    if not is_old_again:
        knows_sound = back is not None and (back.sound is not None or back.payload is not None)
        if back is not None and knows_sound and not is_same_sound(path, back.sound, back.payload):
            raise refused(target, "another recording lies there now")
        write_change(copy.path, change)
    tags = read_tags(copy.path)
    if meaning(tags.stored, tags.id3_version) != meaning(change.genres, tags.id3_version):
        raise refused(
            target, f"a test write gave the genre {'; '.join(tags.stored) or 'none'}; its tags may be damaged"
        )
    if not is_old_again and (tags.texts, tags.id3_version) != (
        {name: values for name, values in {**before.texts, **change.texts}.items() if values},
        _version_after(before, change),
    ):
        raise refused(target, "a test write did not give the fields that were meant")
    payload = payload_digest(path)
    if payload_digest(copy.path) != payload:
        raise refused(target, "a test write changed its audio")
    if not is_old_again:  # else it is, by its SHA-256, the very file that was
        _check_others(target, path, copy.path, before, tags)
    return tags, payload if CONTAINERS[tags.container].hash_sound is None else sound_digest(path)


def _check_others(target: AnyPath, path: bytes, copy: bytes, before: TrackTags, after: TrackTags) -> None:
    """TagWriteError unless all that a write must not change reads as before."""
    same_version = before.id3_version == after.id3_version
    snapshot = snapshot_others if same_version else snapshot_across_versions
    names = [(tags.artist, tags.album, tags.title) for tags in (before, after)]
    # ID3v2.3 has one text where 2.4 has several values, so there the first of them is another.
    if before.container != after.container or (same_version and names[0] != names[1]):
        raise refused(target, "a test write changed how its other tags are read")
    old: Snapshot = snapshot(path)
    new: Snapshot = snapshot(copy)
    if old != new:
        changed = sorted({name for name, _digest in set(old) ^ set(new)})
        raise refused(target, f"a test write changed other tags ({', '.join(changed) or 'their order'})")


@contextmanager
def _faults_of(target: AnyPath, copy: bytes) -> Iterator[None]:
    """Turn faults of the copy, whose name says nothing to the user, into faults of `target`."""
    try:
        yield
    except FileFault as error:
        name = f"{printable(copy)}: "
        if not str(error).startswith(name):
            raise
        reason = str(error).removeprefix(name).rpartition("; ")[0]
        raise refused(target, f"a test write failed: {reason}") from error


def _check_untouched(target: AnyPath, path: bytes, before: os.stat_result) -> None:
    now = os.stat(path, follow_symlinks=False)
    if any(getattr(now, name) != getattr(before, name) for name in _IDENTITY):
        raise refused(target, "another program changed it meanwhile; scan again")
