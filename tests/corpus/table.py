"""The table of the documentation: container, structure, written or refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tests.corpus.collection import Collection, structures
from tests.corpus.structure import Structure

HEAD = """\
# What is written, and what is refused

{structures} ways to lay out a file, each made by code. {written} are written: afterwards mutagen,
TagLib and FFmpeg show the same genre and every other field that they showed before, the decoded
sound is the same, and an undo gives every byte back. {refused} are refused, and stay as they are.
Exceptions are told: a reader that never looks into the tag concerned, and one that reads ID3v1
alone, which has numbers for 192 genres and room for no other.

This page is made by `make formats-table`; a test fails when it is out of date.
"""
_ADVICE = re.compile(r"; (the file is as it was|the file may be damaged: .*)$")
_NUMBERS = re.compile(r"\d{3,}")


def render(collection: Collection) -> str:
    """The page in Markdown."""
    found = list(structures())
    count = Counter(collection.outcome(structure).verdict for structure in found)
    lines = [HEAD.format(structures=len(found), written=count["written"], refused=count["refused"])]
    container = ""
    for structure in found:
        if structure.container != container:
            container = structure.container
            lines += ["", f"## {container}", "", "| structure | outcome |", "|---|---|"]
        lines.append(f"| {structure.name} | {_result(collection, structure)} |")
    return "\n".join(lines) + "\n"


def _exceptions(structure: Structure) -> Iterator[str]:
    """What not every reader shows."""
    unseen = [name for name in structure.unseen_by if name not in structure.by_id3v1]
    if structure.by_id3v1:
        yield f"read from ID3v1 alone by {', '.join(structure.by_id3v1)}"
    if unseen:
        yield f"not seen by {', '.join(unseen)}"


def _result(collection: Collection, structure: Structure) -> str:
    outcome = collection.outcome(structure)
    if outcome.verdict != "refused":
        return "; ".join([outcome.verdict, *_exceptions(structure)])
    reason = _NUMBERS.sub("N", _ADVICE.sub("", outcome.reason)).replace("|", "\\|")
    return f"refused: {reason}"
