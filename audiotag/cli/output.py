"""What a command says: data on stdout, everything else on stderr."""

from __future__ import annotations

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


def plural(count: int, thing: str) -> str:
    """'1 file', '2 files', '1,234 files'."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
