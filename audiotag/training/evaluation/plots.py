"""Pictures of a training run and of an evaluation, as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiotag.pictures import figure_of, picture, plain, save
from audiotag.training.evaluation.evaluate import Evaluation
from audiotag.training.evaluation.figures import calibration_bins

_BARS = 6  # in a panel of a genre


def plot_confusion(evaluation: Evaluation, path: Path) -> None:
    """Which genre is taken for which: counts, coloured by the share of the label's tracks.

    Rows: the collection's own genres. Columns: the same, then the model's others.
    """
    own = evaluation.own_positions
    columns = np.concatenate([own, np.setdiff1d(np.arange(len(evaluation.genres)), own)])
    names = [plain(evaluation.genres[column]) for column in columns]
    matrix = evaluation.matrix[np.ix_(own, columns)]
    figure, (axes,) = picture(3 + 0.55 * len(columns), 2.5 + 0.5 * len(own))
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(*matrix.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        count = str(matrix[row, column] or "")
        axes.text(column, row, count, ha="center", va="center", color=colour)
    if len(own) < len(columns):
        axes.axvline(len(own) - 0.5, color="black", linewidth=1)
    axes.set_xticks(range(len(columns)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(own)), names[: len(own)])
    axes.set(
        xlabel="most probable genre",
        ylabel="label",
        title=f"Confusion matrix, {len(evaluation.labels)} tracks",
    )
    save(figure, path)


def plot_reliability(evaluation: Evaluation, path: Path) -> None:
    """How many of the answers are right, against how sure they are; below, how many there are."""
    figure = figure_of(6, 6.5)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    inside = calibration_bins(evaluation.confidence)
    width = 1 / len(inside)
    middles = (np.arange(len(inside)) + 0.5) * width
    accuracy = [evaluation.right[part].mean() if part.any() else 0.0 for part in inside]
    above.bar(middles, accuracy, width, edgecolor="white", label="right")
    above.plot([0, 1], [0, 1], "k--", linewidth=1, label="perfectly calibrated")
    above.set(
        ylabel="share of right answers",
        ylim=(0, 1),
        title=f"Reliability, ECE {evaluation.figures.ece:.3f}, {len(evaluation.labels)} tracks",
    )
    above.legend(loc="upper left")
    below.bar(middles, [int(part.sum()) for part in inside], width, color="tab:grey", edgecolor="white")
    below.set(xlabel="probability of the top answer", ylabel="tracks", xlim=(0, 1))
    save(figure, path)


def plot_risk_coverage(evaluation: Evaluation, path: Path) -> None:
    """How many answers are wrong when only the surest share of the tracks is answered; a point: what the
    genres' own thresholds make of it."""
    figure, (axes,) = picture(6, 4.5)
    order = np.argsort(-evaluation.confidence, kind="stable")
    count = np.arange(1, len(order) + 1)
    risk = np.cumsum(~evaluation.right[order]) / count
    highest = float(risk.max())
    axes.plot(count / len(order), risk, label="one threshold for all genres")
    found = evaluation.figures
    if found.precision_at_threshold is not None:
        wrong = 1 - found.precision_at_threshold
        highest = max(highest, wrong)
        axes.plot(found.share_at_threshold, wrong, "o", color="tab:red", label="the model's thresholds")
    axes.set(
        xlabel="share of tracks answered (coverage)",
        ylabel="share of those wrong (risk)",
        xlim=(0, 1),
        ylim=(0, max(0.05, highest * 1.1)),
        title=f"Risk and coverage, {len(order)} tracks",
    )
    axes.legend(loc="best")
    save(figure, path)


def plot_mistaken_for(evaluation: Evaluation, path: Path) -> None:
    """Of each genre that occurs: for what its tracks are taken, as shares of all of them."""
    panels = []
    for genre, found in evaluation.per_genre.items():
        wrong = sum(found.mistaken_for.values())
        panels.append(_Panel(f"{genre}: {wrong} of {found.support} wrong", found.support, found.mistaken_for))
    _plot_bars(panels, "What each genre is mistaken for (share of its tracks)", "tab:red", path)


def plot_mistaken_from(evaluation: Evaluation, path: Path) -> None:
    """Of each genre that is answered: whose tracks are taken for it, as shares of its answers."""
    panels = []
    for i, genre in enumerate(evaluation.genres):
        answers = int(evaluation.matrix[:, i].sum())
        if answers:
            others = evaluation.counted(evaluation.matrix[:, i], i)
            named = genre if genre in evaluation.own else f"{genre}, not in the collection"
            panels.append(_Panel(f"{named}: {sum(others.values())} of {answers} wrong", answers, others))
    _plot_bars(panels, "What is mistaken for each genre (share of its answers)", "tab:orange", path)


@dataclass(frozen=True)
class _Panel:
    """counts: of other genres, the most frequent first, out of `total` tracks."""

    title: str
    total: int
    counts: Mapping[str, int]

    def bars(self) -> dict[str, int]:
        """At most _BARS, of which the last stands for the rest."""
        names = list(self.counts)
        if len(names) <= _BARS:
            return dict(self.counts)
        shown = {name: self.counts[name] for name in names[: _BARS - 1]}
        return shown | {f"{len(names) - len(shown)} others": sum(self.counts.values()) - sum(shown.values())}


def _plot_bars(panels: Sequence[_Panel], title: str, colour: str, path: Path) -> None:
    """A panel a genre, all on one scale."""
    width = min(3, len(panels))
    height = -(-len(panels) // width)
    figure = figure_of(0.5 + 4 * width, 0.6 + 1.9 * height)
    figure.suptitle(title)
    grid = list(figure.subplots(height, width, squeeze=False).flat)
    longest = max((max(panel.bars().values(), default=0) / panel.total for panel in panels), default=0)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for axes, panel in zip(grid, panels, strict=False):
        bars = panel.bars()
        shares = [count / panel.total for count in bars.values()]
        colours = [colour if name in panel.counts else "tab:grey" for name in bars]
        drawn = axes.barh(range(len(bars)), shares, color=colours)
        axes.bar_label(drawn, [str(count) for count in bars.values()], padding=2)
        axes.set_yticks(range(len(bars)), [plain(name) for name in bars])
        # Room for the number beside the longest bar, and for as many bars in each panel.
        axes.set(xlim=(0, max(0.05, 1.15 * longest)), ylim=(_BARS - 0.5, -0.5))
        axes.set_title(plain(panel.title), fontsize="medium")
        axes.xaxis.set_major_formatter("{x:.0%}")
        axes.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def plot_learning(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Loss and top-1 of each collection after each epoch; `history` holds loss and NAME_top1."""
    figure, (left, right) = picture(10, 4, panels=2)
    epochs = np.arange(1, len(history) + 1)
    left.plot(epochs, [epoch["loss"] for epoch in history], marker=".")
    left.set(xlabel="epoch", ylabel="training loss (all terms)", title="Loss")
    for key in history[0]:
        if key.endswith("_top1"):
            right.plot(
                epochs, [epoch[key] for epoch in history], marker=".", label=plain(key.removesuffix("_top1"))
            )
    right.set(xlabel="epoch", ylim=(0, 1), title="val top-1 after each epoch, among its own genres")
    for axes in (left, right):
        axes.locator_params(axis="x", integer=True)
    right.legend()
    save(figure, path)
