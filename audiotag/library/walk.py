"""Folders → audio files, in a fixed order, holding one folder's names at a time.

Paths are bytes throughout: a file system allows names that are no text.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

# What a decoder reads and tags/containers.py lists.
_EXTENSIONS = (
    b".mp3 .flac .ogg .oga .opus .spx .m4a .m4b .mp4 .wma .asf .wav .wave .aif .aiff .aifc "
    b".ape .wv .mpc .mp+ .mpp .tta .dsf"
)
AUDIO_EXTENSIONS = frozenset(_EXTENSIONS.split())


@dataclass(frozen=True)
class FoundFile:
    """An audio file. path: absolute. size: bytes. mtime_ns: last change of its content."""

    path: bytes
    size: int
    mtime_ns: int


Problem = Callable[[bytes, str], None]


def find_audio(
    roots: Iterable[bytes], exclude: tuple[str, ...] = (), problem: Problem | None = None
) -> Iterator[FoundFile]:
    """All audio files under `roots` (files or folders), each folder's names in byte order.

    Folders are walked without recursion, hidden names and symbolic links are passed
    over, but a root may be either. A file given as a root is taken whatever it is
    called. `exclude` are shell patterns, matched against the name and the whole path.
    `problem(path, reason)` hears of folders and files that cannot be looked at.
    """
    report = problem or (lambda path, reason: None)
    for root in roots:
        path = os.path.abspath(root)
        try:
            info = os.stat(path)
        except OSError as fault:
            report(path, fault.strerror or str(fault))
            continue
        if stat.S_ISDIR(info.st_mode):
            yield from _walk(path, exclude, report)
        elif stat.S_ISREG(info.st_mode):
            yield FoundFile(path, info.st_size, info.st_mtime_ns)
        else:
            report(path, "neither a file nor a folder")


def _walk(root: bytes, exclude: tuple[str, ...], report: Problem) -> Iterator[FoundFile]:
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                names = sorted(entries, key=lambda entry: entry.name)
        except OSError as fault:
            report(folder, fault.strerror or str(fault))
            continue
        folders = []
        for entry in names:
            if entry.name.startswith(b".") or _excluded(entry.path, exclude):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif _is_audio(entry.name) and entry.is_file(follow_symlinks=False):
                    info = entry.stat(follow_symlinks=False)
                    yield FoundFile(entry.path, info.st_size, info.st_mtime_ns)
            except OSError as fault:
                report(entry.path, fault.strerror or str(fault))
        waiting.extend(reversed(folders))


def _is_audio(name: bytes) -> bool:
    return os.path.splitext(name)[1].lower() in AUDIO_EXTENSIONS


def _excluded(path: bytes, exclude: tuple[str, ...]) -> bool:
    whole = os.fsdecode(path)
    name = os.path.basename(whole)
    return any(fnmatchcase(whole, pattern) or fnmatchcase(name, pattern) for pattern in exclude)


def topmost(paths: Iterable[bytes]) -> list[bytes]:
    """Absolute paths in byte order, without those that lie below another."""
    absolute = {os.path.abspath(path) for path in paths}
    return sorted(path for path in absolute if not any(above in absolute for above in _ancestors(path)))


def _ancestors(path: bytes) -> Iterator[bytes]:
    while (above := os.path.dirname(path)) != path:
        yield above
        path = above
