"""The library at a glance: counts per genre and per status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from audiotag.library.records import Track
from audiotag.reports.rows import report_status


@dataclass
class GenreCount:
    """Tracks whose first genre this is. confidence: the sum of its probabilities there."""

    tracks: int = 0
    uncertain: int = 0
    seconds: float = 0.0
    confidence: float = 0.0


@dataclass
class LibrarySummary:
    """genres: by name. statuses: tracks by status. errors: failed tracks by kind of error."""

    genres: dict[str, GenreCount] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def tracks(self) -> int:
        return sum(self.statuses.values())


def summarise(tracks: Iterable[Track]) -> LibrarySummary:
    """Count the tracks as they come; memory does not grow with them."""
    summary = LibrarySummary()
    for track in tracks:
        status = report_status(track)
        summary.statuses[status] = summary.statuses.get(status, 0) + 1
        if status == "failed":
            kind = track.error_kind or "failed"
            summary.errors[kind] = summary.errors.get(kind, 0) + 1
        if status in ("ok", "uncertain"):
            genre, confidence = track.ranked()[0]
            count = summary.genres.setdefault(genre, GenreCount())
            count.tracks += 1
            count.uncertain += status == "uncertain"
            count.seconds += track.duration or 0.0
            count.confidence += confidence
    return summary
