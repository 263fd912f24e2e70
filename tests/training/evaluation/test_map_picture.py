"""The map of the judged tracks is a picture, of however many there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.training.evaluation.evaluate import Evaluation
from audiotag.training.evaluation.map_picture import plot_map
from tests.helpers.pictures import size
from tests.training.predicted_tracks import FIFTEEN, random_evaluation


def heard(count: int, own: tuple[str, ...] = FIFTEEN) -> Evaluation:
    """With embeddings: a genre's tracks lie together."""
    random = np.random.default_rng(4)
    found = random_evaluation(count, own)
    centres = random.normal(size=(len(FIFTEEN), 8))
    return replace(found, embeddings=centres[found.labels] + random.normal(0, 0.3, (count, 8)))


def colours(path: Path) -> set[str]:
    """Those of many pixels, as #rrggbb."""
    from matplotlib.image import imread

    shown = (imread(path)[..., :3] * 255).round().astype(int).reshape(-1, 3)
    found, counts = np.unique(shown, axis=0, return_counts=True)
    return {"#{:02X}{:02X}{:02X}".format(*pixel) for pixel in found[counts > 40].tolist()}


def test_each_genre_has_a_colour(tmp_path: Path) -> None:
    plot_map(heard(60, FIFTEEN[:5]), tmp_path / "five.png")
    assert {"#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"} <= colours(tmp_path / "five.png")
    assert min(size(tmp_path / "five.png")) > 600


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [1, 2, 40])
def test_few_tracks_and_odd_names(count: int, tmp_path: Path) -> None:
    plot_map(replace(heard(count), genres=("$x_{$", "two\nlines", *FIFTEEN[2:])), tmp_path / "one.png")
    assert min(size(tmp_path / "one.png")) > 600


@pytest.mark.filterwarnings("error")
def test_tracks_without_an_embedding_are_left_out(tmp_path: Path) -> None:
    found = heard(12)
    assert found.embeddings is not None
    found.embeddings[3:9] = 0
    for evaluation in (found, replace(found, embeddings=None)):
        plot_map(evaluation, tmp_path / "one.png")
        assert min(size(tmp_path / "one.png")) > 600
