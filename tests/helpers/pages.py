"""Pages of made-up tracks, whose places on the map are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from audiotag.library.records import Track, TrackInfo
from audiotag.reports.page.block import Shown, TagPlan
from audiotag.reports.page.write import PageFacts, write_page
from tests.helpers.tracks import MODEL, track

MADE_AT = "2030-01-01T00:00:00+00:00"


def named(path: bytes, title: str, artist: str = "Ann", album: str = "First", genre: int = 0) -> Track:
    """A track of a genre by its number (0 Folk, 1 Pop, 2 Rock), 0.9 likely. It has no year."""
    probabilities = [0.05] * 3
    probabilities[genre] = 0.9
    return replace(track(path, probabilities), info=TrackInfo(artist, album, title))


def of_year(track: Track, year: int | None) -> Track:
    """The same, of a year."""
    return replace(track, info=replace(track.info, year=year))


def in_rows(tracks: Sequence[Track], columns: int = 5) -> list[Shown]:
    """Tracks on the map in rows, from the left above to the right below; each would get its genre."""
    rows = max(1, -(-len(tracks) // columns) - 1)
    return [
        Shown(one, (at % columns / (columns - 1), at // columns / rows), TagPlan((), (one.ranked()[0][0],)))
        for at, one in enumerate(tracks)
    ]


def write_to(
    path: Path, shown: Iterable[Shown], folder: bytes | None = None, heap: bool = False, part: str = ""
) -> Path:
    """Write a page; `folder`, which it says it lies in, is its own if not given. Of the others see
    PageFacts."""
    where = bytes(path.parent) if folder is None else folder
    facts = PageFacts(MADE_AT, MODEL.genres, MODEL.thresholds, where, {"policy": "fill"}, part, heap)
    with path.open("w", encoding="utf-8", newline="") as file:
        write_page(shown, facts, file)
    return path
