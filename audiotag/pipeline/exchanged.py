"""Files that lie in each other's places: swaps, rings, chains, a file moved over another."""

from __future__ import annotations

from collections.abc import Iterable

from audiotag.library.changes import Changes, Todo
from audiotag.pipeline.identify import identify
from audiotag.tags.written_files import WrittenFiles


def follow_exchanged(changes: Changes, files: WrittenFiles) -> int:
    """Let rows and journal follow such files, before one row is written over another; returns how many.

    Where every changed file has the sound that the library knew there, nothing else is looked at.
    """
    _note(changes, changes.changed())
    if not changes.has_others_in_place():
        return 0
    _note(changes, changes.come())
    moved = 0
    for path, sound in changes.with_known_sound():
        # A copy may have come there, which is known to be one as long as the library has its old row.
        files.follow(path, sound)
    for path, sound in changes.exchanged():
        files.follow(path, sound)
        moved += 1
    changes.exchange()
    return moved


def _note(changes: Changes, todos: Iterable[Todo]) -> None:
    for identified in identify(todos):
        if identified.steady and identified.fingerprint is not None:
            changes.note(identified.todo, identified.fingerprint)
