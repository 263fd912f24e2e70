"""`python -m tests.corpus` writes the table of the documentation; words after it choose
structures by what stands in their names, and what becomes of those is printed instead."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.corpus.collection import Collection, structures
from tests.corpus.table import render

PAGE = Path(__file__).parents[2] / "docs" / "formats-table.md"


def main(words: list[str]) -> None:
    """Write the page, or print what becomes of the structures that these words choose."""
    with Collection() as collection:
        if not words:
            PAGE.parent.mkdir(exist_ok=True)
            PAGE.write_text(render(collection), encoding="utf-8")
            return
        for structure in structures():
            if any(word in structure.id for word in words):
                outcome = collection.outcome(structure)
                mark = "  " if outcome.verdict == structure.expect else "**"
                print(mark, structure.id, "→", outcome.verdict, outcome.reason)
                for fault in outcome.faults:
                    print("      ", fault)


if __name__ == "__main__":
    main(sys.argv[1:])
