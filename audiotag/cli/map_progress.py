"""The progress of the map: a bar a step on a terminal, a line elsewhere if it takes long enough to wonder."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import TracebackType
from typing import Any

from audiotag.cli.output import Messages

# From so many steps on it is worth a word where there is no bar: some seconds of work.
_WORTH_SAYING = 5_000


class MapProgressBar:
    """See discovery.map_progress.MapProgress; use as a context manager."""

    def __init__(self, voice: Messages) -> None:
        self._voice = voice
        self._bar: Any = None
        self._begun = False

    def __enter__(self) -> MapProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def so_far(self) -> str:
        """A line for one who ends it early."""
        return "interrupted; the map is as it was before" if self._begun else "interrupted"

    def begin(self, doing: str, steps: int) -> None:
        self._begun = True
        self._close()
        if not self._voice.quiet and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=steps,
                desc=doing,
                bar_format="{percentage:3.0f}% |{bar}| {desc} [{elapsed} < {remaining}]",
                dynamic_ncols=True,
                leave=False,
            )
        elif steps >= _WORTH_SAYING:
            self._voice.say(f"{doing} …")

    def advance(self, steps: int) -> None:
        if self._bar is not None:
            with suppress(OSError):  # a terminal that has gone (nohup) does not end the run
                self._bar.update(steps)

    def _close(self) -> None:
        if self._bar is not None:
            with suppress(OSError):
                self._bar.close()
            self._bar = None
