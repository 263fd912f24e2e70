"""Labelled audio: which files there are, and what is known of each before it is decoded.

Either FMA's own layout (fma.py), whose official split is kept, or one folder a genre, with
files at any depth below it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from audiotag.errors import ArchiveError
from audiotag.library.walk import FoundFile, find_audio
from audiotag.tags.formats.containers import SUFFIXES
from audiotag.text import printable
from audiotag.training.archives.fma import FmaLayout, find_layout


@dataclass(frozen=True)
class LabelledFile:
    """name: its path below the data set, as people can read it. split, track_id: None where
    the data set does not say."""

    found: FoundFile
    name: str
    genre: str
    split: str | None = None
    track_id: int | None = None


@dataclass(frozen=True)
class Dataset:
    """files: by path. problems: (path, reason) of what should be there and cannot be looked at.

    absent: names of files that tracks.csv lists and that are not there. unlabelled: files
    that have no genre there.
    """

    files: tuple[LabelledFile, ...]
    problems: tuple[tuple[bytes, str], ...] = ()
    absent: tuple[str, ...] = ()
    unlabelled: int = 0


def find_dataset(folder: Path) -> Dataset:
    """What is in a data set's folder. Raises ArchiveError when there is no audio in it."""
    if not folder.is_dir():
        raise ArchiveError(f"{printable(folder)}: not a folder")
    layout = find_layout(folder)
    dataset = _genre_folders(folder) if layout is None else _fma(layout)
    if not dataset.files:
        where = f"{printable(folder)}: no audio files"
        expected = "in folders named by genre, and no fma_small or fma_medium with tracks.csv"
        told = f"{where} {expected if layout is None else 'that tracks.csv has a genre for'}"
        if dataset.problems:
            path, reason = dataset.problems[0]
            told += f"; the first of {len(dataset.problems)} not looked at: {printable(path)}: {reason}"
        raise ArchiveError(told)
    return dataset


@dataclass
class _Problems:
    found: list[tuple[bytes, str]] = field(default_factory=list)

    def __call__(self, path: bytes, reason: str) -> None:
        self.found.append((path, reason))


def _genre_folders(folder: Path) -> Dataset:
    problems = _Problems()
    root = os.fsencode(folder.absolute())
    files = []
    for genre in _folders(root):
        for found in find_audio([os.path.join(root, genre)], SUFFIXES, problem=problems):
            name = printable(os.path.relpath(found.path, root))
            files.append(LabelledFile(found, name, printable(genre)))
    files.sort(key=lambda file: file.found.path)
    return Dataset(tuple(files), tuple(problems.found))


def _folders(root: bytes) -> Iterator[bytes]:
    for name in sorted(os.listdir(root)):
        if not name.startswith(b".") and os.path.isdir(os.path.join(root, name)):
            yield name


def _fma(layout: FmaLayout) -> Dataset:
    problems = _Problems()
    files, absent, unlabelled = [], [], 0
    for track in layout.tracks():
        path = layout.audio / track.name
        try:
            info = path.stat()
        except FileNotFoundError:
            absent.append(track.name)
            continue
        except OSError as fault:  # a folder that may not be read, or a file where one should be
            problems(os.fsencode(path), fault.strerror or str(fault))
            continue
        if not track.genre:
            unlabelled += 1
            continue
        found = FoundFile(os.fsencode(path), info.st_size, info.st_mtime_ns)
        files.append(LabelledFile(found, track.name, track.genre, track.split, track.track_id))
    return Dataset(tuple(files), tuple(problems.found), tuple(absent), unlabelled)
