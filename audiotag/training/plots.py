"""Pictures of a training run and of an evaluation, as PNG.

matplotlib's Figure is used directly: no window system, no state between pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiotag.atomic import atomic_write
from audiotag.own_folders import keep_quiet
from audiotag.training.evaluate import Evaluation
from audiotag.training.figures import calibration_bins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 110


def _figure(width: float, height: float) -> Figure:
    keep_quiet()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _picture(width: float, height: float, panels: int = 1) -> tuple[Figure, list[Axes]]:
    figure = _figure(width, height)
    return figure, list(np.atleast_1d(figure.subplots(1, panels)))


def _save(figure: Figure, path: Path) -> None:
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=_DPI)


def plot_confusion(evaluation: Evaluation, path: Path) -> None:
    """Which genre is taken for which: counts, coloured by the share of the label's tracks."""
    figure, (axes,) = _picture(7.5, 6.5)
    matrix, genres = evaluation.matrix, evaluation.genres
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*matrix.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(matrix[row, column]), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(genres)), genres, rotation=45, ha="right")
    axes.set_yticks(range(len(genres)), genres)
    axes.set(xlabel="predicted", ylabel="label", title=f"Confusion matrix, {len(evaluation.labels)} tracks")
    _save(figure, path)


def plot_reliability(evaluation: Evaluation, path: Path) -> None:
    """How many of the answers are right, against how sure they are; below, how many there are."""
    figure = _figure(6, 6.5)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    inside = calibration_bins(evaluation.confidence)
    width = 1 / len(inside)
    middles = (np.arange(len(inside)) + 0.5) * width
    accuracy = [evaluation.right[part].mean() if part.any() else 0.0 for part in inside]
    above.bar(middles, accuracy, width, edgecolor="white", label="right")
    above.plot([0, 1], [0, 1], "k--", linewidth=1, label="perfectly calibrated")
    above.axvline(evaluation.threshold, color="tab:red", linewidth=1, label="threshold")
    above.set(
        ylabel="share of right answers",
        ylim=(0, 1),
        title=f"Reliability, ECE {evaluation.ece:.3f}, {len(evaluation.labels)} tracks",
    )
    above.legend(loc="upper left")
    below.bar(middles, [int(part.sum()) for part in inside], width, color="tab:grey", edgecolor="white")
    below.set(xlabel="probability of the top answer", ylabel="tracks", xlim=(0, 1))
    _save(figure, path)


def plot_risk_coverage(evaluation: Evaluation, path: Path) -> None:
    """How many answers are wrong when only the surest share of the tracks is answered."""
    figure, (axes,) = _picture(6, 4.5)
    order = np.argsort(-evaluation.confidence, kind="stable")
    count = np.arange(1, len(order) + 1)
    risk = np.cumsum(~evaluation.right[order]) / count
    axes.plot(count / len(order), risk)
    axes.axvline(
        evaluation.share, color="tab:red", linewidth=1, label=f"threshold {evaluation.threshold:.3f}"
    )
    axes.set(
        xlabel="share of tracks answered (coverage)",
        ylabel="share of those wrong (risk)",
        xlim=(0, 1),
        ylim=(0, max(0.05, float(risk.max()) * 1.1)),
        title="Risk and coverage",
    )
    axes.legend(loc="upper left")
    _save(figure, path)


def plot_learning(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Loss and top-1 of each collection after each epoch; `history` holds loss and NAME_top1."""
    figure, (left, right) = _picture(10, 4, panels=2)
    epochs = np.arange(1, len(history) + 1)
    left.plot(epochs, [epoch["loss"] for epoch in history], marker=".")
    left.set(xlabel="epoch", ylabel="training loss (all terms)", title="Loss")
    for key in history[0]:
        if key.endswith("_top1"):
            right.plot(epochs, [epoch[key] for epoch in history], marker=".", label=key.removesuffix("_top1"))
    right.set(xlabel="epoch", ylim=(0, 1), title="val top-1 after each epoch, among its own genres")
    for axes in (left, right):
        axes.locator_params(axis="x", integer=True)
    right.legend()
    _save(figure, path)
