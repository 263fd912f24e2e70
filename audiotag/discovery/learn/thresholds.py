"""From what probability on a genre is written, so that what is written is right as often as is wanted."""

from __future__ import annotations

import numpy as np

from audiotag.model.calibration import Platt, calibrated, fit_platt, log_odds, written_genres

# A genre is written only where so many tracks that were left out would have got it, and rightly from so
# many artists.
FEWEST_WRITTEN = 5
FEWEST_ARTISTS = 2
# By how many standard errors the tracks at hand have to be better than is wanted: of all thresholds the
# luckiest is taken, and on other tracks it will be less lucky.
CAUTION = 0.5
# However many of a genre's tracks are right, one that is likelier wrong than right is not written, nor one
# that is much less likely right than is wanted: the sure ones would pay for it, and among other tracks there
# may be fewer of these. Chosen on halves of FMA's clips (docs/learning.md).
LEAST = 0.5
SLACK = 0.1


def fit_scaling(probabilities: np.ndarray, labels: np.ndarray) -> tuple[Platt, ...]:
    """Calibration of each genre, on tracks that were left out: probabilities (n, genres), labels bool alike.
    As frequent as the genres are among them, since it is the owner's own library that is judged by it."""
    odds = log_odds(probabilities)
    weights = np.ones(len(odds))
    return tuple(fit_platt(odds[:, genre], labels[:, genre], weights) for genre in range(odds.shape[1]))


def fit_thresholds(
    probabilities: np.ndarray, labels: np.ndarray, groups: np.ndarray, precision: float
) -> tuple[float | None, ...]:
    """The lowest at which all tracks that reach a genre's threshold have it often enough, and so have those
    that get it, being likelier of nothing else. None for a genre that cannot reach that.

    probabilities (n, genres), calibrated; labels (n, genres) bool; groups (n,) int, artists.
    """
    genres = range(probabilities.shape[1])
    least = np.array(
        [_lowest(probabilities[:, g], labels[:, g], groups, precision) for g in genres], np.float64
    )
    # Raising one may bring tracks to another, so all are looked at again until none has to be raised.
    while True:
        written = written_genres(probabilities, [None if np.isinf(one) else float(one) for one in least])
        raised = False
        for genre in np.flatnonzero(np.isfinite(least)):
            mine = written == genre
            if not _enough(labels[mine, genre], precision):
                tighter = _lowest(probabilities[mine, genre], labels[mine, genre], groups[mine], precision)
                least[genre] = tighter if tighter > least[genre] else np.inf
                raised = True
        if not raised:
            return tuple(None if np.isinf(one) else float(one) for one in least)


def _lowest(values: np.ndarray, right: np.ndarray, groups: np.ndarray, precision: float) -> float:
    """The lowest threshold of one genre that is good enough on these tracks; infinite where none is."""
    floor = max(LEAST, precision - SLACK)
    order = np.argsort(-values, kind="stable")
    ordered, hits = values[order], right[order]
    number = np.arange(1, len(order) + 1)
    good = np.cumsum(hits) / number - precision >= _margin(number, precision)
    good &= ordered >= floor
    good &= (number >= FEWEST_WRITTEN) & (number >= _artists_at(groups[order], hits))
    good[:-1] &= ordered[1:] < ordered[:-1]  # a threshold cannot part equals
    if not good.any():
        return np.inf
    last = int(np.flatnonzero(good)[-1])
    # Half way to the next, in the precision that probabilities are kept in.
    below = max(floor, float(ordered[last + 1])) if last + 1 < len(ordered) else floor
    return float(min(np.float32((ordered[last] + below) / 2), ordered[last]))


def _enough(right: np.ndarray, precision: float) -> bool:
    count = len(right)
    return count == 0 or right.mean() - precision >= _margin(np.array(count), precision)


def _margin(number: np.ndarray, precision: float) -> np.ndarray:
    return np.asarray(CAUTION * np.sqrt(precision * (1 - precision) / number) - 1e-9)


def _artists_at(groups: np.ndarray, hits: np.ndarray) -> float:
    """How many of the first tracks it takes until the right ones among them are of enough artists."""
    places = np.flatnonzero(hits)
    _, first = np.unique(groups[places], return_index=True)
    if len(first) < FEWEST_ARTISTS:
        return np.inf
    return float(places[np.sort(first)[FEWEST_ARTISTS - 1]] + 1)


def cross_fit(
    probabilities: np.ndarray, labels: np.ndarray, groups: np.ndarray, folds: np.ndarray, precision: float
) -> tuple[np.ndarray, np.ndarray]:
    """(n, genres) calibrated probabilities, and (n,) int the genre that is written or -1: of each fold by
    calibration and thresholds that the other folds chose. probabilities: before calibration, of left-out
    tracks; folds (n,) int."""
    found = np.zeros(probabilities.shape, np.float32)
    written = np.full(len(labels), -1)
    for fold in np.unique(folds):
        here, others = folds == fold, folds != fold
        scaling = fit_scaling(probabilities[others], labels[others])
        known = calibrated(probabilities[others], scaling)
        least = fit_thresholds(known, labels[others], groups[others], precision)
        found[here] = calibrated(probabilities[here], scaling)
        written[here] = written_genres(found[here], least)
    return found, written
