"""The rooms of the house: each imports from those below it alone."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "audiotag"


def room_of(module: str) -> str:
    """'audiotag.tags.plan' → 'tags'."""
    return module.split(".")[1]


def imported(file: Path) -> set[str]:
    """The rooms that a file imports from, be it within a function."""
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            modules.append(node.module)
        rooms |= {room_of(module) for module in modules if module.startswith("audiotag.")}
    return rooms


def test_there_is_no_circle() -> None:
    below: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        below.setdefault(room, set()).update(imported(file) - {room})
    order = list(TopologicalSorter(below).static_order())  # raises CycleError, which names them
    assert order.index("library") < order.index("pipeline") < order.index("cli")
