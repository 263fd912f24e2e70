"""Tracks that sound alike, as rows for programs and for people."""

from __future__ import annotations

from collections.abc import Sequence

from audiotag.discovery.duplicates import Copy
from audiotag.discovery.similar import Alike
from audiotag.library.records import Track
from audiotag.reports.rows import path_text, rounded
from audiotag.text import escaped, printable

# Characters of a heading.
_MOST = 300


def alike_row(place: int, alike: Alike) -> dict[str, object]:
    """A track of an answer, for JSON. twin, twin_path: how and with which file it is the same recording."""
    track, twin = alike.track, alike.twin
    return {
        "place": place,
        "similarity": rounded(alike.similarity),
        "genre": _genre(track),
        "artist": track.info.artist,
        "title": track.info.title,
        "album": track.info.album,
        "duration": rounded(track.duration, 2),
        "path": path_text(track.path),
        "twin": None if twin is None else twin.how,
        "twin_path": None if twin is None else path_text(twin.path),
    }


def alike_cells(place: int, alike: Alike) -> tuple[str, ...]:
    """The same for people: place, similarity, genre, artist – title, album, path, and what it is a twin
    of."""
    track, twin = alike.track, alike.twin
    near = "" if alike.similarity is None else f"{alike.similarity:.3f}"
    mark = "" if twin is None else f"{twin.how} as {printable(twin.path)}"
    genre, album = escaped(_genre(track) or ""), escaped(track.info.album)
    return (str(place), near, genre, title_of(track), album, printable(track.path), mark)


def title_of(track: Track) -> str:
    """'Artist – Title' on one line, as far as the tags say it."""
    return escaped(" – ".join(filter(None, (track.info.artist, track.info.title))))


def group_row(group: Sequence[Copy]) -> dict[str, object]:
    """Tracks of one recording, for JSON; how and similarity are to the first, size in bytes: a copy that was
    cut off may say of itself that it has the same sound."""
    return {
        "tracks": [
            {
                "path": path_text(copy.track.path),
                "duration": rounded(copy.track.duration, 2),
                "size": copy.track.size,
                "artist": copy.track.info.artist,
                "title": copy.track.info.title,
                "album": copy.track.info.album,
                "how": copy.how,
                "similarity": rounded(copy.similarity),
            }
            for copy in group
        ]
    }


def group_lines(group: Sequence[Copy]) -> list[str]:
    """The same for people: a line that names the recording, and a line a file."""
    title = title_of(group[0].track)
    lines = [(title if len(title) <= _MOST else f"{title[:_MOST]}…") or printable(group[0].track.path)]
    for copy in group:
        near = "" if copy.similarity is None else f" ({copy.similarity:.3f})"
        how = "" if copy.how is None else f"  {copy.how}{near}"
        size = f"{copy.track.size / 1e6:,.1f} MB"
        lines.append(f"  {_minutes(copy.track.duration):>6}  {size:>9}  {printable(copy.track.path)}{how}")
    return lines


def _genre(track: Track) -> str | None:
    return next((genre for genre, _ in track.ranked()), None)


def _minutes(seconds: float | None) -> str:
    """'3:05'; to a tenth of a second where copies differ by less than one would not help anybody."""
    if seconds is None:
        return "?:??"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
