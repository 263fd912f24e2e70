"""Commands run in this process, and what a file's genres are after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audiotag.tags.formats.read import read_tags

Run = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def genres(music: Path) -> list[tuple[str, ...]]:
    return [read_tags(music / name).genres for name in ("a.mp3", "b.flac")]
