"""The table of the documentation: container, structure, written or refused."""

from __future__ import annotations

import re
from collections import Counter

from tests.corpus.collection import Collection, structures
from tests.corpus.structure import Structure

HEAD = """\
# What is written, and what is refused

{structures} ways to lay out a file, each made by code. {written} are written: afterwards mutagen,
TagLib and FFmpeg show the same genre and every other field that they showed before, the decoded
sound is the same, and an undo gives every byte back. {refused} are refused, and stay as they are.

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
            lines += ["", f"## {container}", "", "| structure | |", "|---|---|"]
        lines.append(f"| {structure.name} | {_result(collection, structure)} |")
    return "\n".join(lines) + "\n"


def _result(collection: Collection, structure: Structure) -> str:
    outcome = collection.outcome(structure)
    if outcome.verdict != "refused":
        return outcome.verdict
    reason = _NUMBERS.sub("N", _ADVICE.sub("", outcome.reason)).replace("|", "\\|")
    return f"refused: {reason}"
