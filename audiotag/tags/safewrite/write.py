"""The safe write: whatever happens, the file is either as it was or wholly written.

Copy in the same folder → write the genre on the copy → fsync → open it again and check that the
genre is what was meant and that all else, audio included, is as it was → give it owner, mode and
extended attributes → check that nobody has touched the original meanwhile → tell the journal →
replace → fsync the folder. User files are opened for reading only. What stands against a write is
in obstacles.py; a symbolic link stays, and its target is written.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import BinaryIO

from audiotag.atomic import sync_folder
from audiotag.errors import TagWriteError
from audiotag.tags.change import Change
from audiotag.tags.formats.read import AnyPath, TrackTags, meaning, open_regular, read_tags, writing
from audiotag.tags.formats.sound import common_fingerprint
from audiotag.tags.safewrite import bytedelta
from audiotag.tags.safewrite.checks import Pair, faults_of, version_after, write_checked
from audiotag.tags.safewrite.copy import TemporaryCopy, keep_attributes, temporary_copy
from audiotag.tags.safewrite.obstacles import check_allowed, check_unused, refused
from audiotag.tags.safewrite.record import Fields, Record, WriteOptions, WriteResult, fields_of, identity

# The change time as well: it shows an edit by a program that sets the modification time back.
_IDENTITY = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


@dataclass(frozen=True)
class Prepared:
    """A write of which the replace alone is left: its copy lies beside the file, checked and on the disk.

    `result` is what it will have done. Whoever has one closes it: the copy goes then, unless it has
    taken the file's place.
    """

    target: AnyPath
    path: bytes
    record: Record
    result: WriteResult
    _before: os.stat_result
    _original: BinaryIO
    _copy: TemporaryCopy
    _open: ExitStack

    @property
    def folder(self) -> bytes:
        """Where it lies: what has to be on the disk after the replace."""
        return os.path.dirname(self.path)

    def check(self) -> None:
        """Raises TagWriteError where somebody has touched the file since it was read."""
        with writing(self.target):
            now = os.stat(self.path, follow_symlinks=False)
            if any(getattr(now, name) != getattr(self._before, name) for name in _IDENTITY):
                raise refused(self.target, "another program changed it meanwhile; scan again")

    def replace(self) -> os.stat_result:
        """Put the copy in the file's place, the journal knowing of it; returns the file as it is then.

        Raises TagWriteError.
        """
        self.check()
        with writing(self.target):
            check_unused(self.target, self._original.fileno())
            os.replace(self._copy.path, self.path)
            return os.fstat(self._copy.descriptor)

    def close(self) -> None:
        """Let go of both files. Raises TagWriteError where that fails; does nothing the second time."""
        with writing(self.target):
            self._open.close()


def safe_write(target: AnyPath, change: Change, options: WriteOptions | None = None) -> WriteResult:
    """Carry out a change in a file's tags, safely.

    A file that is so already is only read. Raises TagReadError or TagWriteError, after both of
    which the file is as it was, and whatever `on_commit` raises, likewise.
    """
    options = options or WriteOptions()
    made = prepare(target, change, options)
    if isinstance(made, WriteResult):
        return made
    try:
        made.check()
        if options.on_commit is not None:
            options.on_commit(made.record)
        made.replace()
    finally:
        made.close()
    sync_folder(made.folder)
    return made.result


def prepare(target: AnyPath, change: Change, options: WriteOptions) -> Prepared | WriteResult:
    """Do all of a write but tell the journal and replace the file, which is only read.

    A result where nothing is to change. Raises TagReadError or TagWriteError.
    """
    if not options.any_version or change.id3_version is None:
        return _prepare(target, change, options)
    try:
        return _prepare(target, change, options)
    except TagWriteError:
        return _prepare(target, replace(change, id3_version=None), options)


def _prepare(target: AnyPath, change: Change, options: WriteOptions) -> Prepared | WriteResult:
    with writing(target), ExitStack() as stack:
        path = os.path.realpath(os.fsencode(target), strict=True)
        original = stack.enter_context(open_regular(path))
        before = os.fstat(original.fileno())
        tags = read_tags(path)
        if options.expected is not None and tags.stored != options.expected:
            raise refused(target, "its genre was changed meanwhile; plan again")
        if _is_so(tags, change):
            return WriteResult(False, tags.stored, tags.stored)
        check_allowed(target, path, original.fileno(), options.break_hardlinks)
        copy = stack.enter_context(temporary_copy(os.path.dirname(path)))
        with faults_of(target, copy.path):
            written = write_checked(Pair(target, path, original, copy), tags, change, options)
        keep_attributes(
            original.fileno(),
            copy.descriptor,
            keep_mtime=options.keep_mtime,
            change_owner=options.change_owner,
        )
        os.fsync(copy.descriptor)
        with open_regular(copy.path) as made:
            delta = bytedelta.make(original, made, written.shared)
            sound = common_fingerprint(path, original, made)
        after = identity(os.fstat(copy.descriptor))
        fields = _fields(tags, written.tags)
        record = Record(identity(before), after, *fields, delta, sound, written.payload)
        result = WriteResult(True, tags.stored, written.tags.stored, record, written.tags)
        return Prepared(target, path, record, result, before, original, copy, stack.pop_all())


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
    return genres and texts and places and version_after(tags, change) == tags.id3_version
