"""All structures, and what became of each."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from audiotag.library.store import Store
from tests.corpus import apes, asf, dsf, flac, foreign, mp3, mp4, ogg, riff
from tests.corpus.check import Outcome, examine
from tests.corpus.structure import Structure

# Where there is such a place, waiting for a disk is spared.
_MEMORY = "/dev/shm"
FAMILIES = (mp3, flac, ogg, mp4, asf, riff, apes, dsf, foreign)


def structures() -> Iterator[Structure]:
    """Family by family, the structures of one container together."""
    found = [structure for family in FAMILIES for structure in family.structures()]
    containers = list(dict.fromkeys(structure.container for structure in found))
    for container in containers:
        yield from (structure for structure in found if structure.container == container)


class Collection:
    """Examines each structure once, with a library of its own; use as a context manager."""

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}
        self._room = tempfile.TemporaryDirectory(dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None)
        self._empty = Path(self._room.name) / "library.db"

    def __enter__(self) -> Collection:
        Store(self._empty, write=True).close()
        return self

    def __exit__(self, *_: object) -> None:
        self._room.cleanup()

    def outcome(self, structure: Structure) -> Outcome:
        """What became of it."""
        if structure.id not in self._outcomes:
            with tempfile.TemporaryDirectory(dir=self._room.name) as room:
                library = Path(shutil.copy(self._empty, room))
                folder = Path(room) / "music"
                folder.mkdir()
                with Store(library, write=True) as store:
                    self._outcomes[structure.id] = examine(structure, folder, store)
        return self._outcomes[structure.id]
