"""A playlist as .m3u8: UTF-8, a line of what people read and a path for each track.

    #EXTM3U
    #EXTINF:187,Artist - Title
    ../Music/Artist/Album/01 Title.mp3

Paths are relative to the playlist's folder, so that it holds where all of it is mounted elsewhere, and are
the file system's very bytes: players open what they read, so that a name that is no UTF-8 is not made into
some. A name with a line end in it cannot stand in a playlist; it is left out, and counted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from audiotag.library.records import Track
from audiotag.text import escaped, printable

# What a reader would take for a comment, for space to strip, or for an address such as http:.
_NO_PATH = re.compile(rb"[#\s]|[^/]*:")
# The parts of a long folder's name that are looked at anew for each artist are few.
_FOLDERS = 4096


class Listed(NamedTuple):
    """How many tracks a playlist has, and how many cannot stand in one."""

    written: int
    left_out: int


def write_m3u(tracks: Iterable[Track], folder: bytes, file: BinaryIO) -> Listed:
    """Write the tracks in their order, as they come. folder: absolute, in which the playlist is to lie.

    `file` is a binary file, as `atomic_write` gives it. Raises OSError.
    """
    whereabouts = _Whereabouts(folder)
    written = left_out = 0
    file.write(b"#EXTM3U\n")
    for track in tracks:
        if b"\n" in track.path or b"\r" in track.path:
            left_out += 1
            continue
        file.write(f"#EXTINF:{_seconds(track)},{name_of(track)}\n".encode("utf-8", "backslashreplace"))
        file.write(whereabouts.from_there(track.path) + b"\n")
        written += 1
    return Listed(written, left_out)


def name_of(track: Track) -> str:
    """'Artist - Title' on one line; where the tags have no title, the file's name without its suffix."""
    title = track.info.title.strip()
    if not title:
        return printable(os.path.splitext(os.path.basename(track.path))[0])
    artist = track.info.artist.strip()
    return escaped(f"{artist} - {title}" if artist else title)


def _seconds(track: Track) -> int:
    """Rounded; -1 is the format's word for not knowing."""
    return -1 if track.duration is None else round(track.duration)


class _Whereabouts:
    """How to go from a folder to files. A way up (..) leads where the folder really lies: where links lie
    on it, the real places of both ends are taken."""

    def __init__(self, folder: bytes) -> None:
        self._folder = folder
        self._real = os.path.realpath(folder)
        self._has_links = lru_cache(_FOLDERS)(self._find_links)
        self._real_folder = lru_cache(_FOLDERS)(os.path.realpath)

    def from_there(self, path: bytes) -> bytes:
        """The relative path of a file, with ./ before it where it could be taken for something else."""
        top = os.path.commonpath([self._folder, path])
        if self._has_links(top):
            real = self._real_folder(os.path.dirname(path))
            found = os.path.relpath(os.path.join(real, os.path.basename(path)), self._real)
        else:
            found = os.path.relpath(path, self._folder)
        return b"./" + found if _NO_PATH.match(found) else found

    def _find_links(self, top: bytes) -> bool:
        """Whether one of the folders between `top` and ours is a link."""
        below = os.path.relpath(self._folder, top)
        return self._real != os.path.normpath(os.path.join(os.path.realpath(top), below))
