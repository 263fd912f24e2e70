"""Styles below the genres: which can be told on albums never heard, and from what probability on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.model.card import StyleOutput
from audiotag.training.experts import Linear
from audiotag.training.groups import group_folds
from audiotag.training.styles import Styles

_FOLDS = 5
# Labels are incomplete: a track without "Techno" may be techno, and what seems wrong may be right.
_LEAST_AREA = 0.8
_LEAST_RIGHT = 0.75
_FEWEST = 10  # tracks that stand behind a threshold


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

    A style is proved where its area is at least 0.8, and some threshold is right three times of four
    among its parent's tracks of albums left out.
    """
    scale = float(clips.embedding.std()) or 1.0
    values = clips.embedding / scale
    outputs, kernels, biases, areas = [], [], [], {}
    for number, (name, parent) in enumerate(zip(styles.names, styles.parents, strict=True)):
        carried, below = clips.carried[:, number], clips.genre == parent
        probability = _left_out(values, carried, clips.group, strength)
        kernel, bias = _fit(values, carried, strength) if carried.any() else (0 * values[0], 0.0)
        there = val.genre == parent
        areas[name] = (
            _area(probability[below], carried[below]),
            _area((val.embedding[there] / scale) @ kernel + bias, val.carried[there, number]),
        )
        threshold = _threshold(probability[below], carried[below])
        if areas[name][0] >= _LEAST_AREA and threshold is not None:
            outputs.append(StyleOutput(name, parent, threshold))
            kernels.append(kernel / scale)
            biases.append(bias)
    kernel = np.stack(kernels, axis=1) if kernels else np.zeros((values.shape[1], 0))
    return LearntStyles(tuple(outputs), Linear(kernel, np.array(biases)), areas)


def _left_out(values: np.ndarray, carried: np.ndarray, group: np.ndarray, strength: float) -> np.ndarray:
    """(n,) probabilities, of each album by what the others taught."""
    found = np.zeros(len(values))
    for others, fold in group_folds(group, _FOLDS):
        if carried[others].any():
            kernel, bias = _fit(values[others], carried[others], strength)
            found[fold] = 1 / (1 + np.exp(-(values[fold] @ kernel + bias)))
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
    """The lowest at which enough of those above are right; None where there is none."""
    order = np.argsort(-probability, kind="stable")
    right = np.cumsum(carried[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(right >= _LEAST_RIGHT)
    return float(probability[order[good[-1]]]) if len(good) and good[-1] + 1 >= _FEWEST else None
