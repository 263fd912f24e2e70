"""A few thousand tracks as one block of the page's data, which data.js reads."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiotag.library.records import Track
from audiotag.reports.page.columns import NONE_8, NONE_16, TextList, packed, safe_json
from audiotag.reports.rows import report_status

STATUSES = ("ok", "uncertain", "too-short", "failed", "missing")
# A text of a tag is cut after so many characters, and a list of genres after so many.
LONGEST, MOST_GENRES = 300, 12
# A confidence has the four digits of the CSV; the bars of all genres have half per cents.
_IN_16, _IN_8 = 10_000, 200
# x and y take these places; the one above them says that a track has none.
LAST_PLACE = NONE_16 - 1
_LISTS = ("folder", "artist", "album", "genre", "styles", "kind", "error", "model", "plan")


@dataclass(frozen=True)
class TagPlan:
    """What `tag` would do with a file. old, new: its genres. why: it leaves the file alone; empty where it
    writes."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True)
class Shown:
    """A track and what the library's row does not say of it.

    point: its place on the map, x and y within 0..1; None: it has none. plan: None where nobody knows.
    """

    track: Track
    point: tuple[float, float] | None = None
    plan: TagPlan | None = None


class Blocks:
    """Makes the blocks; their lists of texts go on from one to the next.

    genres: of the model used last, each with a bar of its own for every track.
    """

    def __init__(self, genres: Sequence[str]) -> None:
        self._genres = {genre: number for number, genre in enumerate(genres)}
        self._lists = {name: TextList() for name in _LISTS}
        for genre in genres:  # so that their numbers, and colours, do not depend on the tracks
            self._lists["genre"].number(cut(genre))

    def block(self, shown: Sequence[Shown]) -> str:
        """JSON that can stand in a <script>."""
        tracks = [one.track for one in shown]
        ranked = [track.ranked() for track in tracks]
        best = [_best(pairs) for pairs in ranked]
        rows = [self._numbers(one, genre) for one, (genre, _) in zip(shown, best, strict=True)]
        columns = zip(*rows, strict=True)
        numbers = {name: packed(column) for name, column in zip(_LISTS, columns, strict=True)}
        return safe_json(
            {
                "count": len(shown),
                "lists": {name: texts.take_new() for name, texts in self._lists.items()},
                "numbers": numbers,
                "name": [path_text(os.path.basename(track.path)) for track in tracks],
                "title": [cut(track.info.title) for track in tracks],
                "status": packed([STATUSES.index(report_status(track)) for track in tracks], 8),
                "confidence": packed([_scaled(value, _IN_16, NONE_16) for _, value in best], 16),
                "year": packed([track.info.year or 0 for track in tracks]),
                "seconds": packed([_scaled(track.duration, 1, NONE_16) for track in tracks], 16),
                "bars": packed(self._bars(ranked), 8),
                "x": packed([_place(one.point, 0) for one in shown], 16),
                "y": packed([_place(one.point, 1) for one in shown], 16),
            }
        )

    def _numbers(self, one: Shown, genre: str) -> tuple[int, ...]:
        """Of one track's texts in their lists, in the order of _LISTS."""
        track = one.track
        texts = (
            path_text(os.path.dirname(track.path)), cut(track.info.artist), cut(track.info.album), cut(genre),
            "; ".join(cut(style.name) for style in track.judged_styles() if style.reaches),
            track.error_kind or "", cut(track.error or ""),
            "" if track.model is None else cut(track.model.identity),
            "" if one.plan is None else _plan_text(one.plan),
        )  # fmt: skip
        return tuple(self._lists[name].number(text) for name, text in zip(_LISTS, texts, strict=True))

    def _bars(self, ranked: Sequence[Sequence[tuple[str, float]]]) -> np.ndarray:
        """(tracks × genres,), in half per cents; NONE_8 where a track's model does not know the genre."""
        bars = np.full((len(ranked), len(self._genres)), NONE_8, np.uint32)
        for row, pairs in zip(bars, ranked, strict=True):
            for genre, probability in pairs:
                number = self._genres.get(genre)
                if number is not None:
                    row[number] = _scaled(probability, _IN_8, NONE_8)
        return bars.ravel()


def cut(text: str) -> str:
    """A text as long as a page can show it."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def path_text(path: bytes) -> str:
    """A path as JSON can hold it: a byte that is no UTF-8 becomes half a character, U+DC80 to U+DCFF, and
    every path comes back from its text."""
    return path.decode("utf-8", "surrogateescape")


def _best(ranked: Sequence[tuple[str, float]]) -> tuple[str, float | None]:
    """The first genre and how likely it is; none where that is not a number."""
    if not ranked or not math.isfinite(ranked[0][1]):
        return "", None
    return ranked[0]


def _plan_text(plan: TagPlan) -> str:
    old, new = ([cut(name) for name in names[:MOST_GENRES]] for names in (plan.old, plan.new))
    return json.dumps([old, new, plan.why], ensure_ascii=False)


def _scaled(value: float | None, scale: int, none: int) -> int:
    """A number from 0 on, in whole parts of one; what is no number, or none at all, is `none`."""
    if value is None or not math.isfinite(value):
        return none
    return min(max(round(value * scale), 0), none - 1)


def _place(point: tuple[float, float] | None, axis: int) -> int:
    if point is None or not all(map(math.isfinite, point)):
        return NONE_16
    return round(min(max(point[axis], 0.0), 1.0) * LAST_PLACE)
