"""The safe write: whatever happens, the file is either as it was or wholly written.

Copy in the same folder → write the genre on the copy → fsync → open it again and check that the
genre is what was meant and that all else, audio included, is as it was → give it owner, mode and
extended attributes → check that nobody has touched the original meanwhile → tell the journal →
replace → fsync the folder. User files are opened for reading only.

Stated policies: a symbolic link stays and its target is written; a file with more than one hard
link is refused unless `break_hardlinks`, and then the other names keep the old file; files and
folders that the system would not let us write to are refused (root it lets write to all).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from audiotag.errors import FileFault, TagWriteError
from audiotag.names import printable
from audiotag.tags.fingerprint import Fingerprint, fingerprint_other
from audiotag.tags.formats import (
    AnyPath,
    TrackTags,
    meaning,
    open_regular,
    read_tags,
    write_genres,
    writing,
)
from audiotag.tags.payload import payload_digest
from audiotag.tags.tempcopy import keep_attributes, temporary_copy

# Room for the tags to grow, and for what else the disk is used for meanwhile.
_SPARE_BYTES = 4 << 20
# The change time as well: it shows an edit by a program that sets the modification time back.
_IDENTITY = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


@dataclass(frozen=True)
class WriteResult:
    """What a write did: the genre field as it was stored, and as it is now."""

    changed: bool
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class WriteOptions:
    """How to write. `on_commit` is called once all is checked, right before the file changes.

    What it raises ends the write with the file as it was. `expected` is the genre field that the
    plan was made from (TrackTags.stored): if the file has another by now, nothing is written.
    """

    keep_mtime: bool = False
    break_hardlinks: bool = False
    expected: tuple[str, ...] | None = None
    on_commit: Callable[[WriteResult], None] | None = None


@dataclass(frozen=True)
class _Witness:
    """What must be the same before and after, the genre aside."""

    tags: tuple[str, str, str, str]
    others: Fingerprint
    payload: bytes


def safe_write(target: AnyPath, genres: Sequence[str], options: WriteOptions | None = None) -> WriteResult:
    """Make `genres` the genre of a file, safely; an empty sequence removes the field.

    A file that has this genre already is only read. Raises TagReadError or TagWriteError, after
    both of which the file is as it was, and whatever `on_commit` raises, likewise.
    """
    options = options or WriteOptions()
    with writing(target):
        path = os.path.realpath(os.fsencode(target), strict=True)
        with open_regular(path) as original:
            before = os.fstat(original.fileno())
            tags = read_tags(path)
            if options.expected is not None and tags.stored != options.expected:
                raise _refused(target, "its genre was changed meanwhile; plan again")
            if _has(tags, genres):
                return WriteResult(False, tags.stored, tags.stored)
            _check_allowed(target, path, before, options)
            witness = _witness(path, tags)
            with temporary_copy(original, os.path.dirname(path)) as copy:
                with _faults_of(target, copy.path):
                    write_genres(copy.path, genres)
                    written = _checked(target, copy.path, tags, genres, witness)
                keep_attributes(original.fileno(), copy.descriptor, keep_mtime=options.keep_mtime)
                os.fsync(copy.descriptor)
                result = WriteResult(True, tags.stored, written.stored)
                _check_untouched(target, path, before)
                if options.on_commit is not None:
                    options.on_commit(result)
                    _check_untouched(target, path, before)
                os.replace(copy.path, path)
        _sync_folder(os.path.dirname(path))
        return result


def _has(tags: TrackTags, genres: Sequence[str]) -> bool:
    """Whether the field holds these genres; texts that only mean the same are written once more."""
    return tags.stored == tuple(genres) or meaning(tags.stored, tags.id3_version) == tuple(genres)


def _check_allowed(target: AnyPath, path: bytes, status: os.stat_result, options: WriteOptions) -> None:
    if status.st_nlink > 1 and not options.break_hardlinks:
        raise _refused(target, f"it has {status.st_nlink} hard links; --break-hardlinks writes it alone")
    # A replace would get round a missing write permission: ask as other programs are asked.
    if not os.access(path, os.W_OK, effective_ids=True):
        raise _refused(target, "it is read-only; allow writing first")
    folder = os.path.dirname(path)
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        raise _refused(target, "its folder is read-only; the copy has to be made there")
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize
    needed = status.st_size + _SPARE_BYTES
    # Some network file systems do not know their size.
    if space.f_blocks and free < needed:
        raise _refused(target, f"{free >> 20} MiB are free on its disk, {needed >> 20} MiB are needed")


def _witness(path: bytes, tags: TrackTags) -> _Witness:
    texts = (tags.container, tags.artist, tags.album, tags.title)
    return _Witness(texts, fingerprint_other(path), payload_digest(path))


def _checked(
    target: AnyPath, copy: bytes, before: TrackTags, genres: Sequence[str], witness: _Witness
) -> TrackTags:
    """Read the written copy back; TagWriteError unless the genre is right and all else the same."""
    tags = read_tags(copy)
    found = _witness(copy, tags)
    if meaning(tags.stored, tags.id3_version) != meaning(genres, tags.id3_version):
        raise _refused(target, f"a test write gave the genre {tags.stored!r}; its tags may be damaged")
    if tags.id3_version != before.id3_version or found.tags != witness.tags:
        raise _refused(target, "a test write changed how its other tags are read")
    if found.others != witness.others:
        changed = sorted({name for name, _digest in set(found.others) ^ set(witness.others)})
        raise _refused(target, f"a test write changed other tags ({', '.join(changed) or 'their order'})")
    if found.payload != witness.payload:
        raise _refused(target, "a test write changed its audio")
    return tags


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
        raise _refused(target, f"a test write failed: {reason}") from error


def _check_untouched(target: AnyPath, path: bytes, before: os.stat_result) -> None:
    now = os.stat(path, follow_symlinks=False)
    if any(getattr(now, name) != getattr(before, name) for name in _IDENTITY):
        raise _refused(target, "another program changed it meanwhile; scan again")


def _sync_folder(folder: bytes) -> None:
    """Make the new name survive a power cut. Failing that the old file would come back, whole."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refused(target: AnyPath, reason: str) -> TagWriteError:
    return TagWriteError(f"{printable(target)}: {printable(reason)}; the file is as it was")
