"""How sure is sure: of each genre the calibration and the threshold, and what they are worth.

What is judged are tracks that had no part in training, of several collections, each of which counts
the same. A genre that a collection does not know is wrong there: whoever has a library does not know
either which of the genres occur in it.

All genres share one threshold, of what the network says before calibration; calibration moves it to another
place for each. Thresholds that were fitted a genre wrote less, and less of it rightly, of artists and of
collections that had no part in it (weights/MODEL_CARD.md): a genre has too few tracks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from audiotag.model.calibration import Platt, calibrated, fit_platt, log_odds, written_genres
from audiotag.training.archives.groups import group_folds

FOLDS = 5
# A level is judged only by so many written tracks, and a genre too.
_FEWEST = 8
# A genre of which less is right is given up.
_LEAST_RIGHT = 0.5
_LEVELS = 150
# By how much more precision the tracks at hand have to show so that it holds on others.
_AIMS = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06)


@dataclass(frozen=True)
class Judged:
    """Tracks and what the network says of them, the mean over their windows: probabilities (n, genres),
    uncalibrated; labels (n,) int; collection (n,) int; group (n,) int, an album or artist."""

    probabilities: np.ndarray
    labels: np.ndarray
    collection: np.ndarray
    group: np.ndarray

    def of(self, index: np.ndarray) -> Judged:
        """The tracks at these positions."""
        return Judged(
            self.probabilities[index], self.labels[index], self.collection[index], self.group[index]
        )

    @property
    def weights(self) -> np.ndarray:
        """(n,) that sum to n: each collection counts the same."""
        sizes = np.bincount(self.collection)[self.collection]
        return np.asarray(len(self.labels) / (len(np.unique(self.collection)) * sizes))


@dataclass(frozen=True)
class Calibration:
    """scaling, thresholds: of each genre. aim: the precision on these tracks that led to them."""

    scaling: tuple[Platt, ...]
    thresholds: tuple[float | None, ...]
    aim: float


def calibrate(judged: Judged, precision: float) -> Calibration:
    """Fit calibration and thresholds on all tracks. precision: how often what is written is to be right,
    in each collection; judged by tracks left out (cross_fit), so that it holds on others too. Of the
    aims that give that the lowest, at which most is written; if none does, the one that comes nearest."""
    aim = _best_aim(judged, precision)
    scaling = fit_scaling(judged)
    return Calibration(scaling, fit_thresholds(judged, scaling, aim), aim)


def _best_aim(judged: Judged, precision: float) -> float:
    worst: dict[float, float] = {}
    for more in _AIMS:
        aim = min(precision + more, (1 + precision) / 2)
        worst[aim] = _worst(cross_fit(judged, aim)[1], judged)
        if worst[aim] >= precision:
            return aim
    return max(worst, key=lambda aim: (worst[aim], aim))


def cross_fit(judged: Judged, aim: float) -> tuple[np.ndarray, np.ndarray]:
    """(n, genres) calibrated probabilities, and (n,) int the genre that is written or -1: each fold's
    by what the other folds' tracks chose with this aim."""
    probabilities = np.zeros(judged.probabilities.shape)
    written = np.full(len(judged.labels), -1)
    for others, fold in group_folds(judged.group, FOLDS):
        rest, left = judged.of(others), judged.of(fold)
        scaling = fit_scaling(rest)
        thresholds = fit_thresholds(rest, scaling, aim)
        probabilities[fold] = calibrated(left.probabilities, scaling)
        written[fold] = written_genres(probabilities[fold], thresholds)
    return probabilities, written


def fit_scaling(judged: Judged) -> tuple[Platt, ...]:
    """Platt scaling of each genre: logistic regression of "it is the label" on the log odds.

    As if all genres were equally frequent: how many tracks of each the collections happen to hold is
    nothing to go by in somebody else's library, and would move genres that few of them have down.
    """
    odds = log_odds(judged.probabilities)
    totals = np.bincount(judged.labels, judged.weights, odds.shape[1])
    weights = judged.weights / totals[judged.labels]
    weights *= len(weights) / weights.sum()
    return tuple(fit_platt(odds[:, genre], judged.labels == genre, weights) for genre in range(odds.shape[1]))


def fit_thresholds(judged: Judged, scaling: tuple[Platt, ...], aim: float) -> tuple[float | None, ...]:
    """Of each genre the calibrated probability that the network's own, the same for all, comes to: that at
    which most is written, each collection counting the same, and so much of it rightly in every one; where
    there is none, the one that comes nearest. None for a genre that is wrong more often than right."""
    probabilities = calibrated(judged.probabilities, scaling)
    best: tuple[tuple[bool, float, float], tuple[float | None, ...]] | None = None
    for level in _levels(judged.probabilities.max(axis=1)):
        reached = calibrated(np.full(len(scaling), level), scaling)
        limits = _without_hopeless(probabilities, judged, tuple(map(float, reached)))
        written = written_genres(probabilities, limits)
        if (written >= 0).sum() < min(_FEWEST, len(written) / 10):
            continue
        worst = _worst(written, judged)
        share = sum(one["share"] for one in at_work(written, judged).values())
        value = (True, share, worst) if worst >= aim else (False, worst, share)
        if best is None or value > best[0]:
            best = value, limits
    return (None,) * len(scaling) if best is None else best[1]


def _levels(tops: np.ndarray) -> np.ndarray:
    """Half way between tracks, by what is said of their likeliest genres, evenly over the tracks."""
    ordered = np.unique(tops)
    middles = (ordered[1:] + ordered[:-1]) / 2 if len(ordered) > 1 else ordered
    return np.asarray(middles[np.unique(np.linspace(0, len(middles) - 1, _LEVELS).astype(int))])


def _without_hopeless(
    probabilities: np.ndarray, judged: Judged, limits: tuple[float | None, ...]
) -> tuple[float | None, ...]:
    """Without the genres that are wrong more often than right, in the collections that know them: to
    another one that says Rock where this one says Folk there is no end."""
    written = written_genres(probabilities, limits)
    kept = []
    for genre, limit in enumerate(limits):
        know = np.unique(judged.collection[judged.labels == genre])
        mine = (written == genre) & np.isin(judged.collection, know)
        hopeless = mine.sum() >= _FEWEST and np.mean(judged.labels[mine] == genre) < _LEAST_RIGHT
        kept.append(None if hopeless else limit)
    return tuple(kept)


def _worst(written: np.ndarray, judged: Judged) -> float:
    """Precision in the collection where it is worst; one of which nothing is written says nothing."""
    found = [one["precision"] for one in at_work(written, judged).values()]
    return min((one for one in found if one is not None), default=0.0)


def at_work(written: np.ndarray, judged: Judged) -> dict[int, dict[str, Any]]:
    """Of each collection: precision of what is written (None where nothing is) and share of the tracks."""
    found = {}
    for number in np.unique(judged.collection):
        mine = judged.collection == number
        some = mine & (written >= 0)
        precision = float((written == judged.labels)[some].mean()) if some.any() else None
        found[int(number)] = {"precision": precision, "share": float(some.sum() / mine.sum())}
    return found
