"""Group k-fold: as many figures as folds, and none of them from `val`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotag.training.balance import fit_balance
from audiotag.training.crossval import cross_validate, summarise
from audiotag.training.train import TrainConfig
from tests.training.stripes import HEAD_ALONE, SPEC, striped


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_each_fold_is_judged_once() -> None:
    archive = striped()
    lines: list[str] = []
    recipe = replace(HEAD_ALONE, views=1)
    # Of a balance that the recipe has already, the folds know nothing: it would answer one genre alone.
    course = TrainConfig(SPEC, replace(recipe, balance=(50.0, -50.0)))
    found = cross_validate(archive, course, 2, lines.append)
    assert sum(one.n for one in found.plain) == len(archive.select("train"))
    assert all(one.top1 > 0.9 for one in found.plain + found.balanced)
    assert len(found.balance) == 2
    assert len(lines) == 2


def test_a_fold_has_no_say_in_its_own_balance() -> None:
    """The first two folds name the second genre too seldom; in the third it is the other way round."""
    shy = (np.array([[0.9, 0.1], [0.55, 0.45], [0.9, 0.1], [0.55, 0.45]]), np.array([0, 1, 0, 1]))
    bold = (shy[0][:, ::-1], 1 - shy[1])
    found = summarise([shy, shy, bold])
    assert [one.top1 for one in found.plain] == [0.5, 0.5, 0.5]
    others = [fit_balance(*map(np.concatenate, zip(shy, last, strict=True))) for last in (bold, shy)]
    assert abs(others[0][1]) < 1e-6 < others[1][1]
    assert [one.top1 for one in found.balanced] == [0.5, 0.5, 0.5]
    assert 0 < found.balance[1] < others[1][1]
    assert [one.top1 for one in summarise([shy, shy]).balanced] == [1.0, 1.0]
