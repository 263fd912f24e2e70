"""A track → a row of the report: the columns that CSV and JSON share.

`styles` stands in a report when the model used last has some: those of the track that reach their
thresholds, the likeliest first, as "Chiptune 0.831; House 0.412". To take it apart: the styles are
parted by "; ", and a style from its probability by the last space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from audiotag.library.records import Track
from audiotag.library.store import Store

_BEFORE = (
    "path", "artist", "album", "title", "duration",
    "genre", "confidence", "second_genre", "second_confidence",
)  # fmt: skip
_AFTER = ("windows", "model", "status", "error", "scanned_at")

Value = str | float | int | None


@dataclass(frozen=True)
class ModelColumns:
    """What the model used last can say: its genres, a column each, and whether it has styles."""

    genres: tuple[str, ...] = ()
    styles: bool = False


def model_columns(store: Store) -> ModelColumns:
    """Those of a library's report; none where nothing was predicted."""
    model = store.latest_model()
    return ModelColumns() if model is None else ModelColumns(model.genres, bool(model.styles))


def columns(shown: ModelColumns) -> tuple[str, ...]:
    """The report's columns in their order, with one for each genre."""
    return (*_BEFORE, *shown.genres, *(("styles",) if shown.styles else ()), *_AFTER)


def report_status(track: Track) -> str:
    """ok, uncertain (no genre reaches its threshold), too-short, failed or missing."""
    if track.missing:
        return "missing"
    if track.status == "ok" and not track.certain:
        return "uncertain"
    return track.status


def row(track: Track, shown: ModelColumns) -> dict[str, Value]:
    """Every column of one track; None where there is nothing to say."""
    ranked = track.ranked()
    probability = dict(ranked)
    first, second = [*ranked, (None, None), (None, None)][:2]
    before: tuple[Value, ...] = (
        path_text(track.path), track.info.artist, track.info.album, track.info.title,
        rounded(track.duration, 2),
        first[0], rounded(first[1]), second[0], rounded(second[1]),
    )  # fmt: skip
    each: tuple[Value, ...] = tuple(rounded(probability.get(genre)) for genre in shown.genres)
    if shown.styles:
        each = (*each, styles_text(track))
    after: tuple[Value, ...] = (
        track.windows,
        None if track.model is None else track.model.identity,
        report_status(track),
        track.error,
        track.scanned_at,
    )
    return dict(zip(columns(shown), (*before, *each, *after), strict=True))


def styles_text(track: Track) -> str | None:
    """The column `styles`: those that reach their thresholds, whatever becomes of their genres (`tag` writes
    them only after those). Empty where none does, None where there are none to tell.
    A library keeps styles in 16 bits: three digits are what they hold."""
    styles = track.judged_styles()
    return "; ".join(f"{one.name} {one.probability:.3f}" for one in styles if one.reaches) if styles else None


def path_text(path: bytes) -> str:
    """A path as text; bytes that are no UTF-8 become \\xNN, for the report itself is UTF-8."""
    return path.decode("utf-8", errors="backslashreplace")


def rounded(value: float | None, digits: int = 4) -> float | None:
    """None as well for what is no number, which JSON has no word for."""
    return None if value is None or not math.isfinite(value) else round(value, digits)
