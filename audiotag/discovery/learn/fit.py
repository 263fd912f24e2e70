"""The fit: embeddings and genres → a multinomial regression, each genre counting the same.

A track of several genres counts in parts for each. Tracks of none of them, since their genres are too
rare to learn, are a class of their own: what is like them is none of the genres.

Half of it is a logistic regression, which asks what parts the genres; the other half takes each for a normal
distribution, all of one shape, and asks where they lie. Both are linear, and so is their mean.
"""

from __future__ import annotations

import warnings

import numpy as np

from audiotag.model.learnt import Regression

# How freely the regression follows the tracks: scikit-learn's C times tracks a genre. Chosen on albums left
# out of FMA's and GTZAN's clips (docs/learning.md).
FREEDOM = 0.4
# More tracks than these teach a regression on some hundred numbers little, and cost time: of frequent
# genres as many are taken as leave room for the rare ones.
MOST_TAUGHT = 12_000
# Of the embedding those directions alone in which the tracks differ most: all 512 tell genres apart as well,
# and take four times as long.
DIRECTIONS = 192
# Of the normal distributions' common shape, how much is a ball: of so many directions few tracks know little.
# And what their log odds are multiplied by, which are far too sure of themselves. Both chosen as FREEDOM was.
ROUNDNESS = 0.3
MODESTY = 0.2
# No direction is quite without spread, where the tracks of a genre are all alike.
_LEAST_SPREAD = 1e-3
_ITERATIONS = 50
_TOLERANCE = 1e-3
# A genre that none of the tracks has is less likely than any other, wherever a track lies.
_NEVER = -1e9


def fit(vectors: np.ndarray, labels: np.ndarray, tracks: np.ndarray) -> Regression:
    """vectors (n, size) float32, of length 1; labels (n, genres) bool → a regression on the former, taught by
    the tracks at these positions."""
    from sklearn.linear_model import LogisticRegression

    taught = tracks[evenly(labels[tracks], MOST_TAUGHT)]
    classes = _with_rest(labels[taught])
    track, target = np.nonzero(classes)
    occurs = np.unique(target)
    slopes = np.zeros((classes.shape[1], vectors.shape[1]), np.float32)
    offsets = np.full(classes.shape[1], _NEVER, np.float32)
    if len(occurs) < 2:
        offsets[occurs] = 0
        return Regression(slopes, offsets, labels.shape[1])
    weights = 1.0 / classes.sum(axis=1)[track]
    weights /= np.bincount(target, weights, classes.shape[1])[target]
    weights *= len(taught) / weights.sum()
    mean, directions = _principal(vectors[taught])
    x = (vectors[taught] - mean) @ directions
    scale = float(x.std()) or 1.0
    x /= scale
    freedom = FREEDOM * labels.shape[1] / len(taught)
    if len(track) > len(x):  # a track of several genres comes several times
        x = x[track]
    regression = LogisticRegression(C=freedom, max_iter=_ITERATIONS, tol=_TOLERANCE)
    with warnings.catch_warnings():  # far enough is as good as all the way
        warnings.simplefilter("ignore")
        regression.fit(x, target, sample_weight=weights)
    found, offset = regression.coef_, regression.intercept_
    if len(occurs) == 2:  # scikit-learn has one row for two classes
        found, offset = np.concatenate([-found, found]) / 2, np.concatenate([-offset, offset]) / 2
    around, around_offset = _gaussian(x, np.searchsorted(occurs, target), weights)
    slopes[occurs] = (found + MODESTY * around) / 2 @ directions.T / scale
    offsets[occurs] = (offset + MODESTY * around_offset) / 2
    offsets -= slopes @ mean
    return Regression(slopes, offsets, labels.shape[1])


def _gaussian(x: np.ndarray, target: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x (n, size), target (n,) which class each is of, weights (n,) → slopes (classes, size) and offsets
    (classes,) of the log densities of the classes, but for what is common to all."""
    means = np.zeros((target.max() + 1, x.shape[1]))
    np.add.at(means, target, weights[:, None] * x)
    means /= np.bincount(target, weights)[:, None]
    apart = (x - means[target]) * np.sqrt(weights / weights.sum())[:, None]
    shape = apart.T @ apart
    ball = np.trace(shape) / len(shape) * ROUNDNESS + _LEAST_SPREAD
    slopes = np.linalg.solve((1 - ROUNDNESS) * shape + ball * np.eye(len(shape)), means.T).T
    return slopes, -(slopes * means).sum(axis=1) / 2


def _principal(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean (size,) of x (n, size), and the directions (size, DIRECTIONS or less) it varies in most."""
    mean = x.mean(axis=0)
    if x.shape[1] <= DIRECTIONS:
        return mean, np.eye(x.shape[1], dtype=np.float32)
    apart = x - mean
    _, directions = np.linalg.eigh(apart.T @ apart)
    return mean, np.ascontiguousarray(directions[:, : -DIRECTIONS - 1 : -1])


def evenly(labels: np.ndarray, most: int) -> np.ndarray:
    """Positions of at most `most` tracks with these labels (n, genres) bool: of each genre as many as
    there are, or as of any other."""
    count = len(labels)
    if count <= most:
        return np.arange(count)
    order = np.random.default_rng(0).permutation(count)
    classes = _with_rest(labels)[order]
    # Which one of its genre a track is, in the rarest of its genres.
    rank = np.where(classes, np.cumsum(classes, axis=0, dtype=np.int32), np.int32(count)).min(axis=1)
    return np.sort(order[np.argsort(rank, kind="stable")[:most]])


def _with_rest(labels: np.ndarray) -> np.ndarray:
    """One more column: none of the genres."""
    return np.column_stack([labels, ~labels.any(axis=1)])
