"""The kinds of fault that a file can have: names and numbers that stay, for reports and scripts.

Tens group them: 1x the decoder, 2x the sound, 3x the file, 4x its tags, 9x what nobody foresaw.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FaultKind:
    """passing: nothing that the file itself would show when it is gone, so every scan tries again."""

    number: int
    name: str
    meaning: str
    passing: bool = False


KINDS = (
    FaultKind(10, "decode", "no decoder gets sound out of it"),
    FaultKind(11, "timeout", "took longer than --timeout allows"),
    FaultKind(12, "crash", "its decoder crashed"),
    FaultKind(13, "memory", "its decoder wanted more memory than allowed"),
    FaultKind(14, "killed", "its worker process died, even with no other file in hand"),
    FaultKind(20, "too-short", "holds too little sound to judge"),
    FaultKind(21, "damaged", "too many of its samples are not numbers, or absurdly loud"),
    FaultKind(30, "unreadable", "cannot be opened or read", passing=True),
    FaultKind(31, "no-room", "no room for its windows beside the library", passing=True),
    FaultKind(40, "tags", "its tags cannot be read"),
    FaultKind(41, "write", "its tags could not be written"),
    FaultKind(90, "unforeseen", "a fault of the program: please report it"),
    FaultKind(99, "failed", "failed"),
)


def kind_of(name: str | None) -> FaultKind:
    """The kind of this name; the last one for names that older libraries may hold."""
    return next((kind for kind in KINDS if kind.name == name), KINDS[-1])


def passing_kinds() -> tuple[str, ...]:
    """The names of the kinds that every scan tries again."""
    return tuple(kind.name for kind in KINDS if kind.passing)
