"""How sure is sure: the temperature and the threshold of a model, and what they are worth.

What is judged are tracks: the mean over the windows of a track of their scaled
probabilities, as scan computes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audiotag.training.figures import expected_calibration_error, threshold_for_precision
from audiotag.training.predictions import Predictions

# The temperatures that are tried; each is 1 % above the one before.
_TEMPERATURES = np.geomspace(0.25, 4.0, 279)
FOLDS = 10


@dataclass(frozen=True)
class Calibration:
    """temperature: of the windows (model/temperature.py). threshold: least top probability of a track at
    which its genre is written. ece, precision, share: of tracks that had no part in choosing
    the two (see calibrate)."""

    temperature: float
    threshold: float
    ece: float
    precision: float
    share: float


def fit_temperature(answers: Predictions, labels: np.ndarray) -> float:
    """The temperature at which the tracks' labels (tracks,) int are likeliest; answers: untempered."""
    return float(min(_TEMPERATURES, key=lambda t: _surprise(answers.mean(float(t)), labels)))


def _surprise(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log likelihood, nats."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)).mean())


def calibrate(answers: Predictions, labels: np.ndarray, groups: np.ndarray, precision: float) -> Calibration:
    """Fit temperature and threshold on all tracks; judge the method by tracks left out.

    groups (tracks,) int: tracks of one album share a number, and are left out together.
    `precision` is what the threshold aims for. The figures are those of cross_fit.
    """
    temperature = fit_temperature(answers, labels)
    threshold = threshold_for_precision(answers.mean(temperature), labels, precision)
    judged, written = cross_fit(answers, labels, groups, precision)
    right = judged.argmax(axis=1) == labels
    return Calibration(
        temperature=temperature,
        threshold=threshold,
        ece=expected_calibration_error(judged.max(axis=1), right),
        precision=float(right[written].mean()) if written.any() else 0.0,
        share=float(written.mean()),
    )


def cross_fit(
    answers: Predictions, labels: np.ndarray, groups: np.ndarray, precision: float
) -> tuple[np.ndarray, np.ndarray]:
    """(tracks, genres) probabilities, and (tracks,) bool whether a track is answered: each fold's
    with the temperature and the threshold that the other folds' labels chose."""
    judged = np.zeros((len(labels), answers.probabilities.shape[1]))
    written = np.zeros(len(labels), bool)
    for others, fold in group_folds(groups, FOLDS):
        rest = answers.of(others)
        temperature = fit_temperature(rest, labels[others])
        threshold = threshold_for_precision(rest.mean(temperature), labels[others], precision)
        judged[fold] = answers.of(fold).mean(temperature)
        written[fold] = judged[fold].max(axis=1) >= threshold
    return judged, written


def album_groups(track_id: np.ndarray, gap: int = 15) -> np.ndarray:
    """(n,) int: a number per cluster of track ids. FMA gives the tracks of an album neighbouring
    ids; a new cluster begins where the gap between sorted ids is over `gap`."""
    order = np.argsort(track_id, kind="stable")
    groups = np.zeros(len(track_id), np.int64)
    groups[order] = np.concatenate([[0], np.cumsum(np.diff(track_id[order]) > gap)])
    return groups


def group_folds(groups: np.ndarray, folds: int, seed: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(positions of the other folds, positions of this fold), no group on two sides.

    There are at most as many folds as groups; with a single group nothing can be left
    out, and it stands on both sides.
    """
    names = np.unique(groups)
    if len(names) < 2:
        yield np.arange(len(groups)), np.arange(len(groups))
        return
    fold_of = np.random.default_rng(seed).permutation(np.arange(len(names)) % min(folds, len(names)))
    member = fold_of[np.searchsorted(names, groups)]
    for fold in range(min(folds, len(names))):
        yield np.flatnonzero(member != fold), np.flatnonzero(member == fold)
