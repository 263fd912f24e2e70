"""How the laying of a map tells of itself."""

from __future__ import annotations

from typing import Protocol


class MapProgress(Protocol):
    """Told of what is done, one thing after the other; may raise to end it, and the kept map is as it was."""

    def begin(self, doing: str, steps: int) -> None:
        """What begins, in words, and of how many steps it is."""

    def advance(self, steps: int) -> None:
        """So many more steps are done."""


class NoProgress:
    """For one who does not want to know."""

    def begin(self, doing: str, steps: int) -> None:
        """See MapProgress."""

    def advance(self, steps: int) -> None:
        """See MapProgress."""
