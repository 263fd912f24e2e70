"""rich's console, which knows that a reader who has gone (`| head`) is nothing wrong."""

from __future__ import annotations

from rich.console import Console as RichConsole


class Console(RichConsole):
    """Of standard output, unless told otherwise."""

    def on_broken_pipe(self) -> None:
        """rich would end the program with exit code 1; how a command ends is told in options.py alone."""
        raise  # within rich's own `except BrokenPipeError`
