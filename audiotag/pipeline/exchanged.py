"""Files that lie in each other's places: swaps, rings, chains, a file moved over another."""

from __future__ import annotations

from collections.abc import Iterable

from audiotag.library.changes import Survey, Todo
from audiotag.pipeline.identify import recognise
from audiotag.tags.written_files import Claims


def follow_exchanged(survey: Survey, claims: Claims) -> int:
    """Let rows and journal follow such files, before one row is written over another; returns how many.

    Where every changed file has the sound that the library knew there, nothing else is looked at.
    """
    _note(survey, survey.changed())
    if not survey.has_others_in_place():
        return 0
    _note(survey, survey.come())
    moved = 0
    for path, sound in survey.with_known_sound():
        # A copy may have come there, which is known to be one as long as the library has its old row.
        claims.follow(path, sound)
    for path, sound in survey.exchanged():
        claims.follow(path, sound)
        moved += 1
    survey.exchange()
    return moved


def _note(survey: Survey, todos: Iterable[Todo]) -> None:
    for recognised in recognise(todos):
        if recognised.steady and recognised.fingerprint is not None:
            survey.note(recognised.todo, recognised.fingerprint)
