"""Counts per genre, status and kind of error."""

from __future__ import annotations

from audiotag.reports.summary import summarise
from tests.helpers.tracks import failed, track


def test_tracks_are_counted_by_genre_and_status() -> None:
    summary = summarise(
        [
            track(b"/a", [0.8, 0.1, 0.1]),
            track(b"/b", [0.4, 0.3, 0.3]),
            track(b"/c", [0.0, 0.0, 1.0]),
            failed(b"/d", "decode"),
            failed(b"/e", "timeout"),
            failed(b"/f", "too-short"),
        ]
    )
    assert summary.tracks == 6
    assert summary.statuses == {"ok": 2, "uncertain": 1, "failed": 2, "too-short": 1}
    assert summary.errors == {"decode": 1, "timeout": 1}
    folk = summary.genres["Folk"]
    assert (folk.tracks, folk.uncertain, folk.seconds) == (2, 1, 122.5)
    assert summary.genres["Rock"].tracks == 1
