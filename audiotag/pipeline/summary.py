"""What a scan did, counted as it goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from audiotag.pipeline.failures import Failures


@dataclass
class ScanSummary:
    """What a scan did.

    predicted, too_short: files that were decoded. recognised: known by their sound, of which
    moved had left another place. failures: (path, reason) of this run's failed files and
    folders. failed_before: unchanged files that failed in an earlier scan and were left alone.
    waiting: files that changed or went while the scan ran, left to the next one. missing: known
    files that are gone; of these, forgotten: by --prune; spared: those that it left because they may
    come back; absent: the first few folders that these lay in, how many in each, and what that
    looks like. passed_over: files that are no music, of this scan and of earlier ones, by
    not_music.KINDS. hidden: hidden and excluded folders and audio files, and symbolic links, by what
    they are. seconds: of sound that was decoded. notes: lines for people, of what is not as they
    may expect.
    """

    predicted: int = 0
    uncertain: int = 0
    too_short: int = 0
    recognised: int = 0
    moved: int = 0
    unchanged: int = 0
    failed_before: int = 0
    waiting: int = 0
    missing: int = 0
    forgotten: int = 0
    spared: int = 0
    absent: list[tuple[str, int, str]] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    failures: Failures = field(default_factory=Failures)
    notes: list[str] = field(default_factory=list)

    @property
    def decoded(self) -> int:
        """Files of which sound was decoded."""
        return self.predicted + self.too_short

    @property
    def done(self) -> int:
        """Files that this run has put into the library."""
        return self.decoded + self.recognised + len(self.failures)
