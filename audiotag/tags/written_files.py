"""Which of the files that audiotag has written is this one?

A written file is known by its sound, and of several with the same sound by the state in which it
was left (device, inode, size and time), which a new name does not change; then by its path. One
that was changed as well and lies elsewhere is followed by its inode, or by a scan that sees it
come where it was not before, if no other file has its sound: that might be the copy of a copy.
Where it cannot be told, it is none: a genre that may be the user's is the user's.
"""

from __future__ import annotations

import os
from contextlib import suppress

from audiotag.errors import TagReadError
from audiotag.library.store import Store
from audiotag.tags.formats.read import open_regular, reading
from audiotag.tags.formats.sound import fingerprint, is_same_sound
from audiotag.tags.inodes import Inodes
from audiotag.tags.safewrite import bytedelta
from audiotag.tags.safewrite.journal import Journal
from audiotag.tags.safewrite.journal_rows import Write, WrittenFile, node_of
from audiotag.tags.safewrite.record import identity, stamp_of

# Of a sound that is in the library very often (silence, say) so many places are looked at.
_LOOKED_AT = 100
# What the path of a file ends with in whose place a copy of it has come: it lies nowhere.
NOWHERE = b"/"


class WrittenFiles:
    """What the journal knows of the files on the disk. They are only read."""

    def __init__(self, store: Store) -> None:
        self._store, self._journal, self._inodes = store, Journal(store), Inodes(store)

    def owner(self, path: bytes, sound: bytes | None) -> WrittenFile | None:
        """The written file that lies at a path and has this fingerprint there, if it is one."""
        found = identity_at(path)
        if found is None:
            return None
        known = [] if sound is None else self._journal.written_files(sound)
        exact = [file for file in known if file.left == found]
        if exact:
            return exact[-1]
        here = [file for file in known if file.path == path or _same(file.path, path)]
        same_node = [file for file in known if file.node == node_of(found)]
        if here and sound is not None:
            one = here[-1]
            is_another = any(file.number != one.number for file in same_node)
            if is_another or self._has_moved(one, path, sound) or self._came_over(path, found, sound):
                return None
            return one
        if sound is not None and len(same_node) == 1 and not self.others(sound, path):
            return same_node[0]
        return self._without_sound(path)

    def follow(self, path: bytes, sound: bytes) -> None:
        """Note that a file with this fingerprint was found at a path; before the library does so.

        If the library knew another sound there, or none, the file came from elsewhere: from where
        a written one is no longer. Of several that one which had the same name.
        """
        known = self._journal.written_files(sound)
        if not known:
            return
        owner, found = self.owner(path, sound), identity_at(path)
        here = [file for file in known if file.path == path]
        if owner is None and not here and self._store.fingerprint_at(path) != sound:
            owner = self._came_from(path, sound, known)
        if owner is not None and owner.path != path and not _same(owner.path, path):
            self._journal.moved(owner.number, path)
        is_copy = found is not None and self._came_over(path, found, sound)
        for file in here:
            if file != owner and (is_copy or owner is not None):
                # Another one with its sound has taken its place: it lies nowhere any more.
                self._journal.moved(file.number, path + NOWHERE)

    def learn(self, path: bytes, sound: bytes) -> None:
        """Note the sound of writes of which there is none, if the file is as the last of them left it."""
        found = identity_at(path)
        for file in self._journal.files_without_sound(path):
            if found is not None and file.left == found:
                self._journal.set_sound(file.last, sound)

    def places(self, sound: bytes) -> list[bytes]:
        """Where files with this fingerprint lay, as far as the library and the journal know."""
        written = [file.path for file in self._journal.written_files(sound)]
        return list(dict.fromkeys([*self._in_library(sound), *written]))

    def has_unwritten(self, sound: bytes) -> bool:
        """Whether the library knows, or knew, a file with this sound that was never written."""
        return not set(self._in_library(sound)) <= {file.path for file in self._journal.written_files(sound)}

    def others(self, sound: bytes, path: bytes) -> list[bytes]:
        """Where other files than the one at `path` are known to have this sound."""
        places = (place for place in self.places(sound) if place != path and not _same(place, path))
        return [place for place in places if fingerprint(place) == sound]

    def _came_from(self, path: bytes, sound: bytes, known: list[WrittenFile]) -> WrittenFile | None:
        """Which of the written files that are no longer where they were has come to a path."""
        others = self.others(sound, path)
        if self.has_unwritten(sound) or any(self.owner(place, sound) is None for place in others):
            return None  # it may be that one, or a copy of it
        lost = [file for file in known if file.path not in others]
        ways = (file for file in lost if the_only_way(file, lost, [path], by_name=bool(others)))
        return next(ways, None)

    def _in_library(self, sound: bytes) -> list[bytes]:
        query = "SELECT path FROM tracks WHERE fingerprint = ? LIMIT ?"
        return [path for (path,) in self._store.execute(query, (sound, _LOOKED_AT))]

    def _has_moved(self, file: WrittenFile, path: bytes, sound: bytes) -> bool:
        """Whether what lies at its path is only a copy, the file itself having another name now.

        Its inode may be another written file's by now: one that is as it was left is that one. Where others
        with its sound were written, the copy may be one of those, with an old genre of its own: the file is
        then also looked for where the library knows another sound.
        """
        others = {one.left for one in self._journal.written_files(sound) if one.number != file.number}
        places = self.places(sound)
        if others:
            places += self._inodes.names_of(file.node)
        return any(
            found is not None
            and node_of(found) == file.node
            and found not in others
            and not _same(place, path)
            for place, found in ((place, identity_at(place)) for place in places)
        )

    def _came_over(self, path: bytes, found: str, sound: bytes) -> bool:
        """Whether it may be a copy that the library knew under another name, and that was moved here.

        It is one by its size and time; and may be one if it is a new file, and lies there no more.
        """
        query = "SELECT path, size, mtime_ns FROM tracks WHERE fingerprint = ? AND NOT missing LIMIT ?"
        rows = self._store.execute(query, (sound, _LOOKED_AT))
        if stamp_of(found) in [(size, time) for name, size, time in rows if name == path]:
            return False
        is_new = not any(file.node == node_of(found) for file in self._journal.written_files(sound))
        stamps = [(size, time) for name, size, time in rows if name != path and fingerprint(name) != sound]
        return bool(stamps) if is_new else stamp_of(found) in stamps

    def _without_sound(self, path: bytes) -> WrittenFile | None:
        """One of which the journal has no fingerprint: it has to be as it was left."""
        for file in reversed(self._journal.files_without_sound(path)):
            with suppress(TagReadError):
                if any(self.is_as_left(path, write) for write in self._journal.these([file.last])):
                    return file
        return None

    def is_as_left(self, path: bytes, write: Write) -> bool:
        """Whether what lies at a path is what a write made, of which there is no fingerprint.

        Raises TagReadError.
        """
        if identity_at(path) == write.record.after:
            return True
        if write.record.payload is not None:
            return is_same_sound(path, None, write.record.payload)
        delta = self._journal.delta(write.id)
        if delta is None:
            return False
        with reading(path), open_regular(path) as opened:
            return bytedelta.fits(opened, delta)


def the_only_way(
    file: WrittenFile, lost: list[WrittenFile], new: list[bytes], by_name: bool = False
) -> bytes | None:
    """Where a file went of those that are lost, if files with their sound are new at these paths.

    Of several, and if asked for, those with the same name belong together; None where that leaves
    a choice.
    """
    if by_name or len(lost) > 1 or len(new) > 1:
        name = os.path.basename(file.path)
        lost = [other for other in lost if os.path.basename(other.path) == name]
        new = [path for path in new if os.path.basename(path) == name]
    return new[0] if lost == [file] and len(new) == 1 else None


def identity_at(path: bytes) -> str | None:
    """The identity of the file at a path, following links; None where there is none."""
    try:
        return identity(os.stat(path))
    except OSError:
        return None


def _same(one: bytes, other: bytes) -> bool:
    """Whether both are names of one file, by a link of either kind or through a linked folder."""
    with suppress(OSError):
        return os.path.samefile(one, other)
    return False
