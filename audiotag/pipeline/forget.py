"""Known files that are no longer there: marked missing, forgotten, or spared because they may come back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from audiotag.library.changes import Changes
from audiotag.library.missing import is_missing
from audiotag.library.places import Absence, Places
from audiotag.library.store import Store
from audiotag.library.walk import topmost

# So many folders are named; a library may have thousands that are gone.
_NAMED = 5


@dataclass
class Gone:
    """What became of known files that are gone. files: all of them. forgotten: those of which the
    library knows no more. spared: those that were to be forgotten but may come back; absences: the
    first few folders that they lay in, each with how many."""

    files: int = 0
    forgotten: int = 0
    spared: int = 0
    absences: dict[Absence, int] = field(default_factory=dict)

    def spare(self, absence: Absence) -> None:
        """Take down one that may come back."""
        self.spared += 1
        if absence in self.absences or len(self.absences) < _NAMED:
            self.absences[absence] = self.absences.get(absence, 0) + 1


def settle_gone(store: Store, changes: Changes, roots: Sequence[bytes], prune: bool) -> Gone:
    """Decide on every known file below `roots`, absolute paths, that the changes did not come upon.

    It is marked missing; with `prune` it is forgotten, unless it went with its whole root, top
    folder or disk.
    """
    result = Gone()
    places = Places(store, changes, roots)
    for path in changes.unseen(roots):
        if not is_missing(path):
            continue
        result.files += 1
        absence = places.absence(path) if prune else None
        if prune and absence is None:
            store.forget(path)
            result.forgotten += 1
            continue
        store.set_missing(path, True)
        if absence is not None:
            result.spare(absence)
    places.remember()
    return result


def forget_below(store: Store, folders: Sequence[bytes]) -> tuple[int, int]:
    """Forget the known files at or below `folders` that are gone, as their owner says for good.

    Returns how many were forgotten, and how many are kept because they are there.
    """
    forgotten = kept = 0
    wanted = [os.path.abspath(folder) for folder in topmost(folders)]
    for path in store.paths(wanted):
        if is_missing(path):
            store.forget(path)
            forgotten += 1
        else:
            kept += 1
    for folder in wanted:
        if not os.path.isdir(folder):
            below = folder.rstrip(b"/")
            store.execute(
                "DELETE FROM places WHERE path = ? OR (path > ? AND path < ?)",
                (folder, below + b"/", below + b"0"),
            )
    return forgotten, kept
