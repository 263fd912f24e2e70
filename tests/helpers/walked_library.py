"""A library whose scans only walk, and a tree of files for it that are no audio."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from audiotag.library.changes import Changes, Wanted
from audiotag.library.store import Store
from audiotag.library.walk import find_audio
from audiotag.pipeline.forget import Gone, settle_gone
from audiotag.tags.formats.containers import SUFFIXES
from tests.helpers.tracks import MODEL, track

SONGS = ("top.mp3", "ann/first/1.mp3", "ann/first/2.mp3", "ann/second/3.mp3", "bob/only/4.mp3")


class WalkedLibrary:
    """Scans without decoding: what is found is known."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path, write=True)

    def scan(self, *roots: Path, prune: bool = True) -> Gone:
        changes = Changes(self.store)
        changes.fill(find_audio(map(os.fsencode, roots), SUFFIXES))
        changes.compare(Wanted(self.store.remember(MODEL), "all"))
        for todo in changes.todo("new"):
            found = todo.found
            row = replace(track(found.path, [1.0, 0.0, 0.0]), size=found.size, mtime_ns=found.mtime_ns)
            self.store.put(replace(row, fingerprint=found.path))
        return settle_gone(self.store, changes, [os.fsencode(root) for root in roots], prune)

    def known(self) -> list[str]:
        return [os.fsdecode(read.path) for read in self.store.tracks()]

    def missing(self) -> int:
        return sum(read.missing for read in self.store.tracks())


def fill_with_songs(folder: Path) -> Path:
    for name in SONGS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def counts(gone: Gone) -> tuple[int, int, int]:
    return gone.files, gone.forgotten, gone.spared


def folders(gone: Gone) -> list[str]:
    return [os.path.basename(os.fsdecode(absence.folder)) for absence in gone.absences]
