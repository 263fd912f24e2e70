"""Calibration: how often a genre is right, from what the network says of a track.

Platt scaling (Platt, "Probabilistic Outputs for Support Vector Machines", 1999), a genre at a time:
the log odds of the network's mean over a track's windows are stretched and moved by two numbers,
fitted on tracks that the network was not trained on. A genre's probability does not depend on the
others', so they need not sum to one: a track may be Jazz and Instrumental. It is how often the genre is
right where all genres are equally frequent, for nobody knows how frequent they are in a library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_LEAST = 1e-6  # a probability of 0 or 1 has no log odds


@dataclass(frozen=True)
class Platt:
    """slope: over 0, so that the likelier track stays the likelier. offset: of the log odds."""

    slope: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.slope < float("inf") and abs(self.offset) < float("inf")):
            raise ValueError(f"calibration {self.slope}, {self.offset}")


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
