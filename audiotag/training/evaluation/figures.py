"""Figures of merit of a classifier, as fractions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Figures:
    """n: tracks. top1, top3: share whose label is the first, or among the first three.
    macro_f1: mean over the genres that occur of the F1 of each."""

    n: int
    top1: float
    top3: float
    macro_f1: float


def figures(probabilities: np.ndarray, labels: np.ndarray) -> Figures:
    """probabilities (n, genres), labels (n,) int → Figures."""
    ranked = np.argsort(-probabilities, axis=1, kind="stable")
    return Figures(
        n=len(labels),
        top1=float(np.mean(ranked[:, 0] == labels)),
        top3=float(np.mean((ranked[:, :3] == labels[:, None]).any(axis=1))),
        macro_f1=float(np.mean(f1_per_genre(ranked[:, 0], labels))),
    )


def f1_per_genre(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """F1 of each genre that occurs in `labels`, in ascending order of the genre."""
    scores = []
    for genre in np.unique(labels):
        hits = np.sum((predicted == genre) & (labels == genre))
        scores.append(2 * hits / (np.sum(predicted == genre) + np.sum(labels == genre)))
    return np.array(scores)


def average_precision(probability: np.ndarray, right: np.ndarray) -> float:
    """Of one genre: probability (n,) of it, right (n,) bool, whether it is the label, at least once.

    The mean, over the genre's tracks, of the precision among all tracks that are at least as probable: the
    non-interpolated average precision of Manning, Raghavan and Schütze, "Introduction to Information
    Retrieval" (2008), section 8.4. Equal probabilities are one rank.
    """
    order = np.argsort(-probability, kind="stable")
    last = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)  # of each rank
    hits = np.cumsum(right[order])[last]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (last + 1)) / hits[-1])


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """ECE (Guo et al. 2017): the mean distance, over bins of equal width weighted by their
    tracks, between how sure the answers are and how many of them are right."""
    error = 0.0
    for inside in calibration_bins(confidence, bins):
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(error)


def calibration_bins(confidence: np.ndarray, bins: int = 15) -> list[np.ndarray]:
    """A mask (n,) of the tracks in each of `bins` equal parts of 0..1, the upper edge included."""
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return [number == i for i in range(bins)]
