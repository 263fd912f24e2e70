"""The progress of files: a bar on a terminal, nothing elsewhere but with -v."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from audiotag.cli.output import Messages, plural
from audiotag.cli.pace import Pace
from audiotag.text import escaped, printable

if TYPE_CHECKING:
    from audiotag.library.records import Track
    from audiotag.library.walk import FoundFile
    from audiotag.pipeline.extract import Extracted
    from audiotag.pipeline.summary import ScanSummary

Self = TypeVar("Self", bound="_FileProgress")

# "100% |", a bar that one can read, "| ".
_BAR = 6 + 20 + 2


@dataclass(frozen=True)
class _Step:
    """A file that is done, what came of it in words, and all so far: seconds of sound, failures."""

    found: FoundFile
    answer: str
    seconds: float
    failed: int


class _FileProgress:
    """Files, seconds of audio, × real time, time left and failures so far."""

    def __init__(self, voice: Messages) -> None:
        self._voice = voice
        self._bar: Any = None
        self._started = time.monotonic()
        self._files = 0
        self._done = 0
        self._pace = Pace(0, 0)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            with suppress(OSError):
                self._bar.close()

    @property
    def elapsed(self) -> float:
        """Seconds since the first file was awaited."""
        return time.monotonic() - self._started

    def _begin(self, files: int, size: int) -> None:
        self._started = time.monotonic()
        self._files = files
        self._pace = Pace(files, size)
        if files == 0:
            return
        if not self._voice.quiet and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=size,
                desc=self._pace.words(_width() - _BAR),
                bar_format="{percentage:3.0f}% |{bar}| {desc}",
                dynamic_ncols=True,
            )
        else:
            self._voice.say(f"Listening to {plural(files, 'file')} ({size / 1e6:,.1f} MB) …")

    def _note(self, line: str) -> None:
        if self._bar is None:
            self._voice.say(line)
            return
        with suppress(OSError):  # a terminal that has gone (nohup) does not end the run
            self._bar.write(line, file=sys.stderr)

    def _step(self, step: _Step) -> None:
        self._done += 1
        line = f"{printable(step.found.path)}: {step.answer}"
        if self._bar is None:
            self._voice.detail(line)
            return
        with suppress(OSError):
            self._draw(step, line)

    def _draw(self, step: _Step, line: str) -> None:
        if self._voice.verbose:
            self._bar.write(escaped(line), file=sys.stderr)
        self._pace.step(step.found.size, step.seconds, step.failed)
        self._bar.set_description_str(self._pace.words(_width() - _BAR), refresh=False)
        self._bar.update(step.found.size)


def _width() -> int:
    """Cells of the terminal that standard error is; as many as they usually are where it does not say."""
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stderr.fileno()).columns
    return 80


class ScanProgress(_FileProgress):
    """See scan.Progress."""

    _summary: ScanSummary | None = None
    _noted = 0

    def so_far(self) -> str:
        """How much is done, in a line for one who ends the scan early."""
        if self._summary is None:
            return "interrupted while looking for files; the next scan begins anew"
        summary = self._summary
        parts = [f"{summary.decoded:,} decoded", f"{summary.recognised:,} recognised"]
        if summary.failures:
            parts.append(f"{len(summary.failures):,} failed")
        done = f"{self._done:,} of {plural(self._files, 'file')} done ({', '.join(parts)})"
        return f"interrupted; {done}, all kept: the next scan goes on"

    def plan(self, files: int, size: int, summary: ScanSummary) -> None:
        self._summary = summary
        self._begin(files, size)

    def advance(self, found: FoundFile, track: Track | None) -> None:
        self._advance(found, answer_of(track))

    def passed_over(self, path: bytes, kind: str, found: FoundFile | None) -> None:
        from audiotag.pipeline.not_music import ONE_OF

        answer = f"passed over: {ONE_OF[kind]}"
        if found is None:
            self._voice.detail(f"{printable(path)}: {answer}")
        else:
            self._advance(found, answer)

    def _advance(self, found: FoundFile, answer: str) -> None:
        assert self._summary is not None
        for line in self._summary.notes[self._noted :]:
            self._note(line)
            self._noted += 1
        self._step(_Step(found, answer, self._summary.seconds, len(self._summary.failures)))


def answer_of(track: Track | None) -> str:
    """What came of a file, in a few words."""
    if track is None:
        return "changed or went meanwhile: left to the next scan"
    ranked = track.ranked()
    return f"{ranked[0][0]} {ranked[0][1]:.0%}" if ranked else f"{track.status}: {track.error}"


class PrepareProgress(_FileProgress):
    """See training.prepare.Progress."""

    _seconds = 0.0
    _failed = 0

    def plan(self, files: int, size: int) -> None:
        self._begin(files, size)

    def advance(self, extracted: Extracted) -> None:
        kind, reason = extracted.fault or ("", "")
        answer = f"{kind}: {reason}" if extracted.windows is None else plural(len(extracted.windows), "clip")
        self._seconds += extracted.seconds
        self._failed += extracted.windows is None and kind != "too-short"
        self._step(_Step(extracted.job.found, answer, self._seconds, self._failed))
