"""What is written for people: README.md, CONTRIBUTING.md and the pages of docs/."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DOCS = ROOT / "docs"


def pages() -> list[Path]:
    """README and the pages of docs/, for users."""
    return [README, *sorted(DOCS.glob("*.md"))]


def text_of_all() -> str:
    """All that users can read."""
    return "\n".join(page.read_text(encoding="utf-8") for page in pages())
