"""Group k-fold: of each collection as many figures as folds, and none of them from `val`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import UsageError
from audiotag.training.crossval import cross_validate
from audiotag.training.learning.checkpoint import Checkpoint
from audiotag.training.train import TrainConfig
from tests.training.stripes import HEAD_ALONE, RECIPE, SEVERAL_SPEC, SPEC, several, stripes


def silent(line: str) -> None:
    pass


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_each_clip_of_train_is_judged_once(tmp_path: Path) -> None:
    """By a baseline, whose trunk learns a little. The songs, which have no `val`, are judged in each fold,
    by leaving their artists out."""
    corpus = several()
    lines: list[str] = []
    spec = replace(SEVERAL_SPEC, arch="convpool", embedding=0)
    recipe = replace(HEAD_ALONE, trunk=replace(RECIPE.trunk, epochs=1, rate=1e-3), frames=0)
    # A checkpoint would be one fold's, and go wrong in the next.
    course = TrainConfig(spec, recipe, None, Checkpoint(tmp_path / "a.npz", {}), True)
    found = cross_validate(corpus, course, 2, lines.append)
    assert [list(one) for one in found] == [["stripes", "songs"]] * 2
    assert sum(one["stripes"].n for one in found) == 48
    assert [one["songs"].n for one in found] == [24, 24]
    assert all(figures.top1 > 0.9 for one in found for figures in one.values())
    assert [line.split(":")[0] for line in lines] == ["fold 1 of 2", "fold 2 of 2"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folds", [0, 1, 13])
def test_there_are_as_many_folds_as_albums_at_most(folds: int) -> None:
    archive = stripes().first
    albums = replace(archive, group=np.arange(64) // 4)
    with pytest.raises(UsageError, match=f"--folds {folds}: 2 to 12, as many as train has albums"):
        cross_validate(stripes(albums), TrainConfig(SPEC, HEAD_ALONE), folds, silent)
