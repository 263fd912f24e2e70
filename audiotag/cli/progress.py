"""The progress of hearing files: a bar on a terminal, nothing elsewhere but with -v."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from audiotag.cli.output import Voice, plural
from audiotag.library.records import Track
from audiotag.names import printable

if TYPE_CHECKING:
    from audiotag.hear import Heard

Self = TypeVar("Self", bound="_FileProgress")


@dataclass(frozen=True)
class _Step:
    """A file that is done: its bytes, its seconds of sound, and what came of it in words."""

    path: bytes
    size: int
    seconds: float
    failed: bool
    answer: str


class _FileProgress:
    """Files, seconds of audio, × real time, time left and failures so far."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._bar: Any = None
        self._started = time.monotonic()
        self._seconds = 0.0
        self._failed = 0

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    @property
    def elapsed(self) -> float:
        """Seconds since the first file was awaited."""
        return time.monotonic() - self._started

    def plan(self, files: int, size: int) -> None:
        self._started = time.monotonic()
        if files == 0:
            return
        if not self._voice.quiet and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=size,
                unit_scale=True,
                bar_format="{percentage:3.0f}% |{bar}| {desc} [{elapsed} < {remaining}]{postfix}",
                dynamic_ncols=True,
            )
            self._bar.set_description_str(f"0/{files:,} files", refresh=True)
            self._files = files
            self._done = 0
        else:
            self._voice.say(f"Listening to {plural(files, 'file')} ({size / 1e6:,.1f} MB) …")

    def _step(self, step: _Step) -> None:
        self._seconds += step.seconds
        self._failed += step.failed
        if self._bar is None:
            self._voice.detail(f"{printable(step.path)}: {step.answer}")
            return
        if self._voice.verbose:
            self._bar.write(f"{printable(step.path)}: {step.answer}", file=sys.stderr)
        self._done += 1
        speed = self._seconds / max(self.elapsed, 1e-3)
        parts = [
            f"{self._done:,}/{self._files:,} files",
            f"{self._seconds:,.0f} s of audio",
            f"{speed:,.0f}× real time",
            f"{self._failed:,} failed",
        ]
        self._bar.set_description_str(", ".join(parts), refresh=False)
        self._bar.update(step.size)


class ScanProgress(_FileProgress):
    """See scan.Progress."""

    def advance(self, track: Track) -> None:
        ranked = track.ranked()
        answer = f"{ranked[0][0]} {ranked[0][1]:.0%}" if ranked else f"{track.status}: {track.error}"
        self._step(_Step(track.path, track.size, track.duration or 0.0, track.status == "failed", answer))


class PrepareProgress(_FileProgress):
    """See training.prepare.Progress."""

    def advance(self, heard: Heard) -> None:
        kind, reason = heard.fault or ("", "")
        answer = f"{kind}: {reason}" if heard.windows is None else plural(len(heard.windows), "clip")
        failed = heard.windows is None and kind != "too-short"
        self._step(_Step(heard.found.path, heard.found.size, heard.seconds, failed, answer))
