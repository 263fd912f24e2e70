"""Figures of each genre of a model, on the tracks of one collection or as the mean over several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audiotag.training.evaluation.figures import average_precision, expected_calibration_error
from audiotag.training.evaluation.predicted import PredictedTracks

# At which thresholds a genre's coverage is told from its precision.
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True)
class ByThreshold:
    """If a genre were written from each threshold on, whatever the others: coverage is the share of all
    tracks that get it, precision the share of those that have it as label, None where there are none."""

    threshold: tuple[float, ...]
    coverage: tuple[float, ...]
    precision: tuple[float | None, ...]


@dataclass(frozen=True)
class GenreFigures:
    """A genre that occurs. precision, recall, f1: fractions, of the top answers among all the model's genres.

    support: tracks of the genre. threshold: the model's, None where it is not written by default.
    written: tracks that get the genre by default; written_right: how many of them have it as label.
    average_precision, ece (15 bins): of its probability over all tracks. mistaken_for: which other
    genres its tracks were taken for; mistaken_from: whose tracks were taken for it; the most frequent first.
    """

    precision: float
    recall: float
    f1: float
    support: int
    threshold: float | None
    written: int
    written_right: int
    average_precision: float
    ece: float
    mistaken_for: dict[str, int]
    mistaken_from: dict[str, int]
    by_threshold: ByThreshold


@dataclass(frozen=True)
class BeyondFigures:
    """A genre that does not occur, and was answered or written nevertheless, always wrongly.
    mistaken_from: whose tracks were taken for it. written: how many tracks get it by default."""

    written: int
    mistaken_from: dict[str, int]


def per_genre(tracks: PredictedTracks) -> dict[str, GenreFigures]:
    """The genres that occur, in the model's order."""
    occurs = np.asarray(tracks.matrix.any(axis=1))
    return {name: _genre(tracks, i) for i, name in enumerate(tracks.genres) if occurs[i]}


def beyond(tracks: PredictedTracks) -> dict[str, BeyondFigures]:
    """The genres that do not occur but are answered or written, in the model's order."""
    found = {}
    for i, name in enumerate(tracks.genres):
        written, taken = int(np.sum(tracks.written == i)), tracks.counted(tracks.matrix[:, i], i)
        if not tracks.matrix[i].any() and (written or taken):
            found[name] = BeyondFigures(written, taken)
    return found


def _genre(tracks: PredictedTracks, i: int) -> GenreFigures:
    row, column = tracks.matrix[i], tracks.matrix[:, i]
    hits, support, answers = int(row[i]), int(row.sum()), int(column.sum())
    probability, right, written = tracks.probabilities[:, i], tracks.labels == i, tracks.written == i
    return GenreFigures(
        precision=hits / answers if answers else 0.0,
        recall=hits / support,
        f1=2 * hits / (answers + support),
        support=support,
        threshold=tracks.thresholds[i],
        written=int(written.sum()),
        written_right=int((written & right).sum()),
        average_precision=average_precision(probability, right),
        ece=expected_calibration_error(probability, right),
        mistaken_for=tracks.counted(row, i),
        mistaken_from=tracks.counted(column, i),
        by_threshold=_by_threshold(probability, right),
    )


def _by_threshold(probability: np.ndarray, right: np.ndarray) -> ByThreshold:
    reached = [probability >= threshold for threshold in THRESHOLDS]
    return ByThreshold(
        threshold=THRESHOLDS,
        coverage=tuple(float(some.mean()) for some in reached),
        precision=tuple(float(right[some].mean()) if some.any() else None for some in reached),
    )


def mean_genre(found: Sequence[GenreFigures]) -> GenreFigures:
    """One genre on several collections that have it: fractions are means, in which each collection counts
    the same, and counts are sums."""
    points = [one.by_threshold for one in found]
    return GenreFigures(
        precision=_mean([one.precision for one in found]),
        recall=_mean([one.recall for one in found]),
        f1=_mean([one.f1 for one in found]),
        support=sum(one.support for one in found),
        threshold=found[0].threshold,
        written=sum(one.written for one in found),
        written_right=sum(one.written_right for one in found),
        average_precision=_mean([one.average_precision for one in found]),
        ece=_mean([one.ece for one in found]),
        mistaken_for=_sum([one.mistaken_for for one in found]),
        mistaken_from=_sum([one.mistaken_from for one in found]),
        by_threshold=ByThreshold(
            threshold=THRESHOLDS,
            coverage=tuple(map(_mean, zip(*(one.coverage for one in points), strict=True))),
            precision=tuple(map(mean_of_known, zip(*(one.precision for one in points), strict=True))),
        ),
    )


def mean_of_known(values: Sequence[float | None]) -> float | None:
    """The mean of those that are known, None where none is."""
    known = [value for value in values if value is not None]
    return _mean(known) if known else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _sum(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for some in counts:
        for genre, count in some.items():
            total[genre] = total.get(genre, 0) + count
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def sum_beyond(found: Sequence[BeyondFigures]) -> BeyondFigures:
    """One genre on several collections that do not have it."""
    return BeyondFigures(sum(one.written for one in found), _sum([one.mistaken_from for one in found]))
