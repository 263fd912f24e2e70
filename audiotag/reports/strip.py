"""A track's windows on a line of so many columns: how likely a genre is, from its beginning to its end."""

from __future__ import annotations

import numpy as np

from audiotag.pipeline.over_time import OverTime

_BLOCKS = " ▁▂▃▄▅▆▇█"
_DIGITS = " 123456789"
# Where nothing was heard: silence.
_NOTHING = "·"


def columns_of(over_time: OverTime, columns: int) -> np.ndarray:
    """Of each genre the mean of what was heard during each column, (genres, columns); NaN for silence.

    A window counts for every column that it reaches into, for as long as it does.
    """
    edges = np.linspace(0, max(over_time.seconds, 1e-3), columns + 1)
    starts = over_time.starts.astype(np.float64)
    ends = np.minimum(starts + over_time.window_seconds, max(over_time.seconds, 1e-3))
    first = np.clip(np.searchsorted(edges, starts, "right") - 1, 0, columns - 1)
    last = np.clip(np.searchsorted(edges, ends, "left") - 1, first, columns - 1)
    sums = np.zeros((over_time.probabilities.shape[1], columns))
    weights = np.zeros(columns)
    for window, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        here = slice(begin, end + 1)
        inside = np.minimum(ends[window], edges[begin + 1 : end + 2]) - np.maximum(
            starts[window], edges[here]
        )
        inside = np.maximum(inside, 1e-9)
        sums[:, here] += over_time.probabilities[window][:, None] * inside
        weights[here] += inside
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(weights > 0, sums / np.where(weights > 0, weights, 1), np.nan))


def strip(values: np.ndarray, ascii_only: bool = False) -> str:
    """Probabilities (columns,) as a line: the fuller a block, the likelier; · is silence."""
    levels = _DIGITS if ascii_only else _BLOCKS
    nothing = "." if ascii_only else _NOTHING
    return "".join(
        nothing if np.isnan(value) else levels[min(len(levels) - 1, round(value * (len(levels) - 1)))]
        for value in values.tolist()
    )


def axis(seconds: float, columns: int) -> str:
    """The times below a strip: its beginning, its end, and some between as far as there is room."""
    parts = max(1, min(4, columns // 14))
    line = [" "] * columns
    for part in range(parts + 1):
        label = clock(seconds * part / parts)
        place = round((columns - len(label)) * part / parts)
        line[place : place + len(label)] = label
    return "".join(line)[:columns]


def top_genres(over_time: OverTime, most: int) -> list[int]:
    """The genres that are the likeliest in some window, those that are so for longest first; at most so
    many."""
    means = over_time.probabilities.mean(axis=0)
    peaks = np.sort(over_time.probabilities, axis=0)[-1]
    first = np.argsort(-np.maximum(means, 0.9 * peaks), kind="stable")[:most]
    return sorted(first.tolist(), key=lambda genre: -means[genre])


def clock(seconds: float) -> str:
    """'3:05', or '1:02:03'."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
