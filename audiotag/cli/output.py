"""What a command says: data on stdout, everything else on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audiotag.cli.streams import ask, on_terminal, show, show_object, tell

__all__ = [
    "Messages", "ask", "listed", "local_time", "on_terminal", "plural", "show", "show_object", "tell",
]  # fmt: skip


@dataclass(frozen=True)
class Messages:
    """Messages for people, on stderr. quiet: only what is wrong. verbose: details too."""

    quiet: bool
    verbose: bool

    def say(self, line: str) -> None:
        """Something worth knowing; silent with -q."""
        if not self.quiet:
            tell(line)

    def detail(self, line: str) -> None:
        """Something only -v shows."""
        if self.verbose and not self.quiet:
            tell(line)

    def wrong(self, line: str) -> None:
        """Something is wrong: always said."""
        tell(line)


def listed(genres: tuple[str, ...]) -> str:
    """Genres on one line."""
    return "; ".join(genres) or "(no genre)"


def plural(count: int, thing: str) -> str:
    """'1 file', '2 files', '1,234 files'."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def local_time(stored: str) -> str:
    """A time of the library (ISO 8601, UTC) as the clock on the wall has it, to the minute."""
    return datetime.fromisoformat(stored).astimezone().strftime("%Y-%m-%d %H:%M")
