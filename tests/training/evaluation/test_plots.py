"""Pictures of a training run and of an evaluation: large enough for their genres, whatever their names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.training.evaluation.plots import (
    plot_confusion,
    plot_learning,
    plot_mistaken_for,
    plot_mistaken_from,
    plot_risk_coverage,
)
from tests.helpers.pictures import size
from tests.training.predicted_tracks import FIFTEEN, random_evaluation


def test_learning_curves_are_a_picture(tmp_path: Path) -> None:
    history = [
        {"loss": 2.0, "val_top1": 0.3, "val_top3": 0.6},
        {"loss": 1.5, "val_top1": 0.4, "val_top3": 0.7},
    ]
    plot_learning(history, tmp_path / "learning.png")
    assert min(size(tmp_path / "learning.png")) > 300


@pytest.mark.slow
def test_each_genre_has_room(tmp_path: Path) -> None:
    """A collection of three genres has three rows, and three panels of what they are mistaken for; what is
    mistaken for a genre is shown of every genre that the model answers."""
    sizes = {}
    for count in (3, 15):
        found = random_evaluation(300, FIFTEEN[:count])
        for plot in (plot_confusion, plot_mistaken_for, plot_mistaken_from):
            plot(found, tmp_path / "one.png")
            sizes[count, plot.__name__] = size(tmp_path / "one.png")
    for name in ("plot_confusion", "plot_mistaken_for"):
        assert sizes[3, name][1] < sizes[15, name][1]
        assert sizes[3, name][0] == sizes[15, name][0]
    assert sizes[3, "plot_mistaken_from"] == sizes[15, "plot_mistaken_from"]


@pytest.mark.filterwarnings("error")
def test_a_genre_may_be_called_anything(tmp_path: Path) -> None:
    """Between two dollars matplotlib reads a formula, and here a wrong one."""
    found = replace(
        random_evaluation(40, FIFTEEN[:2]),
        genres=("$x_{$", "two\nlines", *FIFTEEN[2:]),
        own=("$x_{$", "two\nlines"),
    )
    for plot in (plot_confusion, plot_mistaken_for, plot_mistaken_from):
        plot(found, tmp_path / "one.png")


@pytest.mark.filterwarnings("error")
def test_where_nothing_is_wrong_or_written_there_is_a_picture_too(tmp_path: Path) -> None:
    found = random_evaluation(40)
    perfect = replace(found, labels=found.answers, thresholds=(None,) * len(FIFTEEN))
    for plot in (plot_risk_coverage, plot_mistaken_for):
        plot(perfect, tmp_path / "one.png")
        assert min(size(tmp_path / "one.png")) > 300
