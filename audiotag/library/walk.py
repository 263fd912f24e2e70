"""Folders → audio files, in a fixed order, holding one folder's names at a time.

Paths are bytes throughout: a file system allows names that are no text.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from audiotag.library.hidden import why_hidden


@dataclass(frozen=True)
class FoundFile:
    """An audio file. path: absolute. size: bytes. mtime_ns: last change of its content."""

    path: bytes
    size: int
    mtime_ns: int


Problem = Callable[[bytes, str], None]
Passed = Callable[[str], None]


def find_audio(
    roots: Iterable[bytes],
    suffixes: Collection[bytes],
    exclude: tuple[str, ...] = (),
    problem: Problem | None = None,
    passed: Passed | None = None,
) -> Iterator[FoundFile]:
    """All audio files under `roots` (files or folders), each folder's names in byte order.

    Folders are walked without recursion, hidden names (hidden.py) and symbolic links are
    passed over, but a root may be either. `suffixes` are those of audio files, with their dots, in
    small letters; a file given as a root is taken whatever it is called. `exclude` are shell
    patterns, matched against the name and the whole path.
    `problem(path, reason)` is told of folders and files that cannot be looked at, and
    `passed(what)` of each folder and audio file that is passed over: in a few words, for a count.
    """
    report = problem or (lambda path, reason: None)
    note = passed or (lambda what: None)
    for root in roots:
        path = os.path.abspath(root)
        try:
            info = os.stat(path)
        except OSError as fault:
            report(path, fault.strerror or str(fault))
            continue
        if stat.S_ISDIR(info.st_mode):
            yield from _walk(path, suffixes, exclude, report, note)
        elif stat.S_ISREG(info.st_mode):
            yield FoundFile(path, info.st_size, info.st_mtime_ns)
        else:
            report(path, "neither a file nor a folder")


def _walk(
    root: bytes, suffixes: Collection[bytes], exclude: tuple[str, ...], report: Problem, note: Passed
) -> Iterator[FoundFile]:
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
            try:
                passed = _passed_over(entry, exclude)
                if passed is not None:
                    if has_suffix(entry.name, suffixes) or os.path.isdir(entry.path):
                        note(passed)
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif has_suffix(entry.name, suffixes) and entry.is_file(follow_symlinks=False):
                    info = entry.stat(follow_symlinks=False)
                    yield FoundFile(entry.path, info.st_size, info.st_mtime_ns)
            except OSError as fault:
                report(entry.path, fault.strerror or str(fault))
        waiting.extend(reversed(folders))


def _passed_over(entry: os.DirEntry[bytes], exclude: tuple[str, ...]) -> str | None:
    """In a word, why a name is none that music is looked for under; None if it is."""
    if _excluded(entry.path, exclude):
        return "excluded"
    return why_hidden(entry.name) or ("symbolic link" if entry.is_symlink() else None)


def is_walked(path: bytes, root: bytes, exclude: tuple[str, ...] = ()) -> bool:
    """Whether a walk that begins at the folder `root` comes by this path below it, by its names alone."""
    while path != root and len(path) > len(root):
        if why_hidden(os.path.basename(path)) or _excluded(path, exclude):
            return False
        path = os.path.dirname(path)
    return path == root


def has_suffix(name: bytes, suffixes: Collection[bytes]) -> bool:
    """Whether a file of this name is audio, `suffixes` being those of audio."""
    # splitext() takes no suffix off "....mp3", and "..." is a song.
    return b"." + name.rpartition(b".")[2].lower() in suffixes


def _excluded(path: bytes, exclude: tuple[str, ...]) -> bool:
    whole = os.fsdecode(path)
    name = os.path.basename(whole)
    return any(fnmatchcase(whole, pattern) or fnmatchcase(name, pattern) for pattern in exclude)


def topmost(paths: Iterable[bytes]) -> list[bytes]:
    """Absolute paths in byte order, without those that lie below another."""
    absolute = {os.path.abspath(path) for path in paths}
    return sorted(path for path in absolute if not any(above in absolute for above in ancestors(path)))


def ranges_of(under: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """What lies at or below the absolute paths `under`, or all: each stretch of paths in byte
    order, by its first path and the one that it ends before."""
    for scope in topmost(under) or [b"/"]:
        folder = scope.rstrip(b"/") + b"/"
        yield scope, scope + b"\0"
        # Everything below: what begins with "folder/" lies before "folder0", '0' following '/'.
        yield folder, folder[:-1] + b"0"


def ancestors(path: bytes) -> Iterator[bytes]:
    """The folders above an absolute path, the lowest first."""
    while (above := os.path.dirname(path)) != path:
        yield above
        path = above
