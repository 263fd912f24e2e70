"""What a command says: data on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """Messages for people, on stderr. quiet: only what is wrong. verbose: details too."""

    quiet: bool
    verbose: bool

    def say(self, line: str) -> None:
        """Something worth knowing; silent with -q."""
        if not self.quiet:
            print(line, file=sys.stderr, flush=True)

    def detail(self, line: str) -> None:
        """Something only -v shows."""
        if self.verbose and not self.quiet:
            print(line, file=sys.stderr, flush=True)

    def wrong(self, line: str) -> None:
        """Something is wrong: always said."""
        print(line, file=sys.stderr, flush=True)


def show(line: str) -> None:
    """Data, on stdout; a reader that has gone (`| head`) does not end the writing."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        silence_stdout()


def silence_stdout() -> None:
    """Let what is still to come, and what Python flushes at exit, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def listed(genres: tuple[str, ...]) -> str:
    """Genres on one line."""
    return "; ".join(genres) or "(no genre)"


def plural(count: int, thing: str) -> str:
    """'1 file', '2 files', '1,234 files'."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
