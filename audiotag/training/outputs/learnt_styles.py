"""Styles below the genres: which can be told on albums never heard, and from what probability on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.model.calibration import fit_platt
from audiotag.model.card import StyleOutput
from audiotag.training.archives.groups import group_folds
from audiotag.training.archives.styles import Styles
from audiotag.training.outputs.experts import Linear

_FOLDS = 5
# Labels are incomplete: a track without "Techno" may be techno, and what seems wrong may be right.
_LEAST_AREA = 0.8
_LEAST_RIGHT = 0.75
_FEWEST = 10  # tracks that stand behind a threshold
_FEWEST_OF_VAL = 5  # tracks of `val` that carry a style, for it to be judged there too
_NEVER = -20.0  # log odds of a style that the other albums do not have


@dataclass(frozen=True)
class StyledClips:
    """embedding (n, size); carried (n, styles) bool; genre (n,) str; group (n,) int, by album."""

    embedding: np.ndarray
    carried: np.ndarray
    genre: np.ndarray
    group: np.ndarray


@dataclass(frozen=True)
class LearntStyles:
    """outputs: the styles that are proved, in the order of linear's outputs, which are log odds.
    areas: of every style that was tried, the area under its ROC curve among the tracks of its parent, each
    album judged by what the others taught; and the same of the tracks of `val`, for comparison, which are
    few. (The trunk has learnt the genres of the former, but no style.)"""

    outputs: tuple[StyleOutput, ...]
    linear: Linear
    areas: dict[str, tuple[float, float]]


def learn_styles(clips: StyledClips, val: StyledClips, styles: Styles, strength: float) -> LearntStyles:
    """A logistic regression a style on the embedding; strength: as of the experts (experts.py).

    A style is proved where its area is at least 0.8, on `val` too if a few of its tracks are there, and some
    threshold is right three times of four among its parent's tracks of albums left out. Of two names for
    much the same tracks the one with the larger area is taken. Probabilities are calibrated among the
    parent's tracks.
    """
    tried = [
        _try(clips, val, number, StyleOutput(name, parent, 0.0), strength)
        for number, (name, parent) in enumerate(zip(styles.names, styles.parents, strict=True))
    ]
    kept: list[_Tried] = []
    for one in sorted(tried, key=lambda one: -one.areas[0]):
        if one.output is not None and not any(_are_alike(one.carried, other.carried) for other in kept):
            kept.append(one)
    kept.sort(key=lambda one: one.name)
    kernel = (
        np.stack([one.kernel for one in kept], axis=1) if kept else np.zeros((clips.embedding.shape[1], 0))
    )
    return LearntStyles(
        tuple(one.output for one in kept if one.output is not None),
        Linear(kernel, np.array([one.bias for one in kept])),
        {one.name: one.areas for one in tried},
    )


@dataclass(frozen=True)
class _Tried:
    """A style that was tried. output: None where it is not proved. carried (n,) bool."""

    name: str
    output: StyleOutput | None
    kernel: np.ndarray
    bias: float
    areas: tuple[float, float]
    carried: np.ndarray


def _try(clips: StyledClips, val: StyledClips, number: int, style: StyleOutput, strength: float) -> _Tried:
    scale = float(clips.embedding.std()) or 1.0
    values, carried = clips.embedding / scale, clips.carried[:, number]
    if not carried.any():
        return _Tried(style.name, None, 0 * values[0], 0.0, (0.5, 0.5), carried)
    kernel, bias = _fit(values, carried, strength)
    below, there = clips.genre == style.parent, val.genre == style.parent
    apart = _left_out(values, carried, clips.group, strength)[below]
    scaling = fit_platt(apart, carried[below], np.ones(below.sum()))
    probability = 1 / (1 + np.exp(-(scaling.slope * apart + scaling.offset)))
    areas = (
        _area(apart, carried[below]),
        _area((val.embedding[there] / scale) @ kernel + bias, val.carried[there, number]),
    )
    threshold = _threshold(probability, carried[below])
    few = val.carried[there, number].sum() < _FEWEST_OF_VAL
    proved = threshold is not None and areas[0] >= _LEAST_AREA and (few or areas[1] >= _LEAST_AREA)
    output = StyleOutput(style.name, style.parent, threshold) if proved and threshold is not None else None
    return _Tried(
        style.name,
        output,
        scaling.slope * kernel / scale,
        scaling.slope * bias + scaling.offset,
        areas,
        carried,
    )


def _are_alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two styles are much the same tracks, (n,) bool each: half of all that either has."""
    return bool((one & other).sum() >= 0.5 * (one | other).sum())


def _left_out(values: np.ndarray, carried: np.ndarray, group: np.ndarray, strength: float) -> np.ndarray:
    """(n,) log odds, of each album by what the others taught."""
    found = np.full(len(values), _NEVER)
    for others, fold in group_folds(group, _FOLDS):
        if carried[others].any():
            kernel, bias = _fit(values[others], carried[others], strength)
            found[fold] = values[fold] @ kernel + bias
    return found


def _fit(values: np.ndarray, carried: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=strength / len(values), max_iter=500).fit(values, carried)
    return found.coef_[0], float(found.intercept_[0])


def _area(probability: np.ndarray, carried: np.ndarray) -> float:
    """Under the ROC curve; 0.5, which is chance, where only one kind of track is there."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(carried, probability)) if 0 < carried.sum() < len(carried) else 0.5


def _threshold(probability: np.ndarray, carried: np.ndarray) -> float | None:
    """Of those at which enough of what is above is right the one of the highest F1; None where there is
    none."""
    order = np.argsort(-probability, kind="stable")
    count, hits = np.arange(1, len(order) + 1), np.cumsum(carried[order])
    good = np.flatnonzero((hits / count >= _LEAST_RIGHT) & (count >= _FEWEST))
    if not len(good):
        return None
    f1 = 2 * hits / (count + carried.sum())
    return float(probability[order[good[f1[good].argmax()]]])
