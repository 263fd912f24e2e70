"""The progress of a scan: a bar on a terminal, nothing elsewhere but with -v."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from audiotag.cli.output import Voice, plural
from audiotag.names import printable

if TYPE_CHECKING:
    from audiotag.library.records import Track
    from audiotag.library.walk import FoundFile
    from audiotag.scan import ScanSummary


class ScanProgress:
    """Files, seconds of audio, × real time, time left and failures so far; see scan.Progress."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._bar: Any = None
        self._started = time.monotonic()
        self._summary: ScanSummary | None = None
        self._files = 0
        self._done = 0

    def __enter__(self) -> ScanProgress:
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
        self._started = time.monotonic()
        self._summary, self._files = summary, files
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
        else:
            self._voice.say(f"Listening to {plural(files, 'file')} ({size / 1e6:,.1f} MB) …")

    def advance(self, found: FoundFile, track: Track | None) -> None:
        self._done += 1
        if self._bar is None and not self._voice.verbose:
            return
        line = f"{printable(found.path)}: {_answer(track)}"
        if self._bar is None:
            self._voice.detail(line)
            return
        if self._voice.verbose:
            self._bar.write(line, file=sys.stderr)
        assert self._summary is not None
        speed = self._summary.seconds / max(self.elapsed, 1e-3)
        parts = [
            f"{self._done:,}/{self._files:,} files",
            f"{self._summary.seconds:,.0f} s of audio",
            f"{speed:,.0f}× real time",
            f"{len(self._summary.failures):,} failed",
        ]
        self._bar.set_description_str(", ".join(parts), refresh=False)
        self._bar.update(found.size)


def _answer(track: Track | None) -> str:
    if track is None:
        return "changed or went meanwhile: left to the next scan"
    ranked = track.ranked()
    return f"{ranked[0][0]} {ranked[0][1]:.0%}" if ranked else f"{track.status}: {track.error}"
