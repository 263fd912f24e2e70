"""A track → a row of the report: the columns that CSV and JSON share."""

from __future__ import annotations

from audiotag.library.records import Track
from audiotag.library.store import Store

_BEFORE = (
    "path", "artist", "album", "title", "duration",
    "genre", "confidence", "second_genre", "second_confidence",
)  # fmt: skip
_AFTER = ("windows", "model", "status", "error", "scanned_at")

Value = str | float | int | None


def genre_columns(store: Store) -> tuple[str, ...]:
    """The genres of the model that was used last; none in a library without predictions."""
    model = store.latest_model()
    return () if model is None else model.genres


def columns(genres: tuple[str, ...]) -> tuple[str, ...]:
    """The report's columns in their order, with one for each genre."""
    return (*_BEFORE, *genres, *_AFTER)


def report_status(track: Track) -> str:
    """ok, uncertain (below the model's threshold), too-short, failed or missing."""
    if track.missing:
        return "missing"
    if track.status == "ok" and not track.certain:
        return "uncertain"
    return track.status


def row(track: Track, genres: tuple[str, ...]) -> dict[str, Value]:
    """Every column of one track; None where there is nothing to say."""
    ranked = track.ranked()
    probability = dict(ranked)
    first, second = [*ranked, (None, None), (None, None)][:2]
    before: tuple[Value, ...] = (
        path_text(track.path), track.info.artist, track.info.album, track.info.title,
        None if track.duration is None else round(track.duration, 2),
        first[0], _rounded(first[1]), second[0], _rounded(second[1]),
    )  # fmt: skip
    each = tuple(_rounded(probability.get(genre)) for genre in genres)
    after: tuple[Value, ...] = (
        track.windows,
        None if track.model is None else track.model.identity,
        report_status(track),
        track.error,
        track.scanned_at,
    )
    return dict(zip(columns(genres), (*before, *each, *after), strict=True))


def path_text(path: bytes) -> str:
    """A path as text; bytes that are no UTF-8 become \\xNN, for the report itself is UTF-8."""
    return path.decode("utf-8", errors="backslashreplace")


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 4)
