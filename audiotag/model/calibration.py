"""Calibration: how often a genre is right, from what the network says of a track.

Platt scaling (Platt, "Probabilistic Outputs for Support Vector Machines", 1999), a genre at a time:
the log odds of the network's mean over a track's windows are stretched and moved by two numbers,
fitted on tracks that the network was not trained on. A genre's probability does not depend on the
others', so they need not sum to one: a track may be Jazz and Instrumental. It is how often the genre is
right where all genres are equally frequent, for nobody knows how frequent they are in a library.

Before that the mean over a whole song is made as sure as that over a short clip would be (SongPower).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_LEAST = 1e-6  # a probability of 0 or 1 has no log odds
_WEAK = 1e-2  # the penalty on a slope that differs from 1, in tracks: against genres of a few tracks


@dataclass(frozen=True)
class Platt:
    """slope: over 0, so that the likelier track stays the likelier. offset: of the log odds."""

    slope: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.slope < float("inf") and abs(self.offset) < float("inf")):
            raise ValueError(f"calibration {self.slope}, {self.offset}")


@dataclass(frozen=True)
class SongPower:
    """A mean over the windows of a whole song is less sure than that of a clip from it, since the windows
    differ, and is right more often. So the probabilities of a track with twice as many `windows` as the
    clips had that calibration is judged by, or more, are taken to this power and sum to one again; of one
    with a few more to a part of it, of one with no more they stay. Songs longer than that get no more: it
    is not known how much they would need."""

    windows: int = 1
    power: float = 1.0

    def __post_init__(self) -> None:
        if not (self.windows >= 1 and 0 < self.power < float("inf")):
            raise ValueError(f"song power {self.windows}, {self.power}")

    def __call__(self, probabilities: np.ndarray, windows: np.ndarray | int) -> np.ndarray:
        """Means over tracks' windows, (..., genres); windows (...): how many → (..., genres)."""
        doublings = np.clip(np.log2(np.asarray(windows) / self.windows), 0, 1)
        powers = np.asarray(self.power**doublings)[..., None]
        found = np.clip(np.asarray(probabilities, np.float64), _LEAST, None) ** powers
        return np.asarray(np.where(powers == 1, probabilities, found / found.sum(axis=-1, keepdims=True)))


def calibrated(probabilities: np.ndarray, scaling: Sequence[Platt]) -> np.ndarray:
    """Probabilities (..., genres) of tracks → how often each genre is right, (..., genres) float32.

    scaling: of each genre.
    """
    slopes = np.array([one.slope for one in scaling])
    offsets = np.array([one.offset for one in scaling])
    return np.asarray(1 / (1 + np.exp(-(log_odds(probabilities) * slopes + offsets))), np.float32)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), float64, of probabilities of any shape."""
    p = np.clip(np.asarray(probabilities, np.float64), _LEAST, 1 - _LEAST)
    return np.asarray(np.log(p / (1 - p)))


def fit_platt(odds: np.ndarray, right: np.ndarray, weights: np.ndarray) -> Platt:
    """Of log odds (n,) and whether each is right, (n,) bool; by Newton's method. Half a track more on
    either side keeps a genre that is never or always right finite (Platt 1999 has the same remedy)."""
    x = np.concatenate([odds, [odds.max(), odds.min()]])
    y = np.concatenate([right, [1.0, 0.0]])
    w = np.concatenate([weights, [0.5, 0.5]])
    slope, offset = 1.0, 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(slope * x + offset, -30, 30)))
        error, curve = w * (p - y), w * p * (1 - p) + 1e-9
        gradient = np.array([(error * x).sum() + _WEAK * (slope - 1), error.sum()])
        across = (curve * x).sum()
        hessian = np.array([[(curve * x * x).sum() + _WEAK, across], [across, curve.sum()]])
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-9))
        slope, offset = slope - step[0], offset - step[1]
        if np.abs(step).max() < 1e-6:
            break
    # A genre whose evidence points the wrong way has too few tracks: it stays nearly flat.
    return Platt(max(float(slope), 0.05), float(offset))


def written_genres(probabilities: np.ndarray, thresholds: Sequence[float | None]) -> np.ndarray:
    """Which genre a track gets by default, (n,) int, -1 for none.

    Of those that reach their thresholds (None: never) it is the most probable; of equally probable
    ones the one that is furthest above its own.
    """
    least = np.array([np.inf if threshold is None else threshold for threshold in thresholds])
    reached = probabilities >= least
    order = np.argsort(least, kind="stable")  # the first of equals is furthest above
    best = order[np.where(reached, probabilities, -1.0)[:, order].argmax(axis=1)]
    return np.where(reached.any(axis=1), best, -1)
