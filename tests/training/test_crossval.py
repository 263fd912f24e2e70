"""Group k-fold: as many figures as folds, and none of them from `val`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audiotag.training.crossval import cross_validate
from audiotag.training.train import Course
from tests.training.stripes import HEAD_ALONE, SPEC, striped


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_each_fold_is_judged_once() -> None:
    archive = striped()
    lines: list[str] = []
    recipe = replace(HEAD_ALONE, views=1)
    found = cross_validate(archive, Course(SPEC, recipe), 2, lines.append)
    assert sum(one.n for one in found) == len(archive.select("train"))
    assert all(one.top1 > 0.9 for one in found)
    assert len(lines) == 2
