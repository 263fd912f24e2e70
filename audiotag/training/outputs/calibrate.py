"""How sure is sure: of each genre the calibration and the threshold, and what they are worth.

What is judged are tracks that had no part in training, of several collections, each of which counts
the same. A genre that a collection does not know is wrong there: whoever has a library does not know
either which of the genres occur in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from audiotag.model.calibration import Platt, calibrated, fit_platt, log_odds, written_genres
from audiotag.training.archives.groups import group_folds

FOLDS = 5
# A genre is written only when so many of the judged tracks get it, and so many of those rightly; the
# second time by what the other folds chose, where few tracks stand behind it.
_FEWEST = 8
_LEAST_RIGHT = 0.75
_LEAST_RIGHT_APART = 0.65
# Where it is not right often enough its price rises by so much, and it is given up at the last.
_DEARER = 1.5
_DEAREST = 12.0
_CANDIDATES = 40
# What a wrong genre costs, in right ones. At 3 only what is right three times of four is written at
# the margin.
_PRICES = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0)


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
    """scaling, thresholds: of each genre. prices (genres,): of a wrong genre, in right ones, which led to
    them; infinite for one that is not written."""

    scaling: tuple[Platt, ...]
    thresholds: tuple[float | None, ...]
    prices: np.ndarray


def calibrate(judged: Judged, precision: float) -> Calibration:
    """Fit calibration and thresholds on all tracks. precision: how often what is written is to be right,
    in each collection; judged by tracks left out (cross_fit), so that it holds on others too. Of the
    prices that give that, those at which most is written; if none do, those that come nearest."""
    prices = _best_prices(judged, precision)
    scaling = fit_scaling(judged)
    thresholds = fit_thresholds(calibrated(judged.probabilities, scaling), judged, prices)
    return Calibration(scaling, thresholds, prices)


def fair_prices(judged: Judged, price: float) -> np.ndarray:
    """(genres,) the price of each, at least `price`: as high as it takes for what is written of it to be
    right often enough, on these tracks and, where they are left out, by the others. Infinite for a genre
    of which that cannot be had. All are settled together: where one is not written another may be."""
    genres = judged.probabilities.shape[1]
    probabilities = calibrated(judged.probabilities, fit_scaling(judged))
    prices = np.full(genres, price)
    while np.isfinite(prices).any():
        own = written_genres(probabilities, fit_thresholds(probabilities, judged, prices))
        _, apart = cross_fit(judged, prices)
        wrong = [
            np.isfinite(prices[genre])
            and not (
                _is_right(own, judged, genre, _LEAST_RIGHT)
                and _is_right(apart, judged, genre, _LEAST_RIGHT_APART)
            )
            for genre in range(genres)
        ]
        if not any(wrong):
            break
        prices = np.where(wrong, prices * _DEARER, prices)
        prices[prices > _DEAREST] = np.inf
    return prices


def _is_right(written: np.ndarray, judged: Judged, genre: int, least: float) -> bool:
    mine = written == genre
    if mine.sum() < min(_FEWEST, len(written) / 10):
        return False
    return bool(np.average(judged.labels[mine] == genre, weights=judged.weights[mine]) >= least)


def cross_fit(judged: Judged, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, genres) calibrated probabilities, and (n,) int the genre that is written or -1: each fold's
    by what the other folds' tracks chose at these prices (genres,)."""
    probabilities = np.zeros(judged.probabilities.shape)
    written = np.full(len(judged.labels), -1)
    for others, fold in group_folds(judged.group, FOLDS):
        rest, left = judged.of(others), judged.of(fold)
        scaling = fit_scaling(rest)
        thresholds = fit_thresholds(calibrated(rest.probabilities, scaling), rest, prices)
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


def fit_thresholds(probabilities: np.ndarray, judged: Judged, prices: np.ndarray) -> tuple[float | None, ...]:
    """The thresholds at which right − price · wrong is highest, over what is written of the judged tracks
    with these calibrated probabilities (n, genres): not a genre at a time, since where one is not
    written another may be. Coordinate ascent, the genres in turn, until none gains. None for a genre that
    is best not written. prices (genres,): infinite for one that may not be."""
    allowed = [genre for genre in range(len(prices)) if np.isfinite(prices[genre])]
    candidates = {genre: _candidates(probabilities[:, genre]) for genre in allowed}
    limits = np.full(len(prices), np.inf)
    best = 0.0
    for _ in range(10):
        before = best
        for genre in allowed:
            others = np.where(np.arange(len(prices)) == genre, np.inf, limits)
            best, limits[genre] = _best(probabilities, judged, prices, others, genre, candidates[genre])
        if best <= before + 1e-9:
            break
    return tuple(float(limit) if np.isfinite(limit) else None for limit in limits)


def _candidates(values: np.ndarray) -> np.ndarray:
    """Thresholds half way between tracks, more of them where a genre is likely; the last is never."""
    ordered = np.unique(values)[::-1][: max(2, len(values) // 3)]
    middles = (ordered[1:] + ordered[:-1]) / 2 if len(ordered) > 1 else ordered
    kept = np.unique(np.geomspace(1, len(middles), _CANDIDATES).astype(int)) - 1
    return np.concatenate([middles[kept], [np.inf]])


def _best(
    probabilities: np.ndarray,
    judged: Judged,
    prices: np.ndarray,
    others: np.ndarray,
    genre: int,
    candidates: np.ndarray,
) -> tuple[float, float]:
    """(gain, threshold) of a genre where the others have theirs; the highest threshold of equals."""
    reached = np.where(probabilities >= others, probabilities, -1.0)
    rival, answer = reached.max(axis=1), reached.argmax(axis=1)
    weights = judged.weights / len(judged.labels)
    worth = np.where(rival < 0, 0.0, np.where(answer == judged.labels, 1.0, -prices[answer])) * weights
    own = np.where(judged.labels == genre, 1.0, -prices[genre]) * weights
    ahead = probabilities[:, genre] > rival
    gains = [
        float(np.where(ahead & (probabilities[:, genre] >= limit), own, worth).sum()) for limit in candidates
    ]
    best = max(range(len(gains)), key=lambda i: (round(gains[i], 12), candidates[i]))
    return gains[best], float(candidates[best])


def _best_prices(judged: Judged, precision: float) -> np.ndarray:
    """By what the tracks left out make of it, in the collection where that is worst; one of which
    nothing is written says nothing."""
    tried = [fair_prices(judged, price) for price in _PRICES]
    found = [at_work(cross_fit(judged, prices)[1], judged).values() for prices in tried]
    worst = [
        min((one["precision"] for one in works if one["precision"] is not None), default=0.0)
        for works in found
    ]
    share = [sum(one["share"] for one in works) for works in found]
    good = [number for number in range(len(tried)) if worst[number] >= precision]
    if good:
        return tried[max(good, key=lambda number: share[number])]
    return tried[max(range(len(tried)), key=lambda number: (worst[number], number))]


def at_work(written: np.ndarray, judged: Judged) -> dict[int, dict[str, Any]]:
    """Of each collection: precision of what is written (None where nothing is) and share of the tracks."""
    found = {}
    for number in np.unique(judged.collection):
        mine = judged.collection == number
        some = mine & (written >= 0)
        precision = float((written == judged.labels)[some].mean()) if some.any() else None
        found[int(number)] = {"precision": precision, "share": float(some.sum() / mine.sum())}
    return found
