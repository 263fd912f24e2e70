"""What became of a model when it was learnt again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audiotag.model.learnt import LearntModel

# A smaller difference of a genre's F1 is no more than other tracks being left out.
_NOTABLE = 0.03


@dataclass(frozen=True)
class Changes:
    """same: nothing has changed, to the last weight. before, after: figures.Worth as a mapping. better,
    worse: genres, with their F1 before and after. new, gone: those that are learnt now, or no longer."""

    same: bool
    before: Mapping[str, float | None]
    after: Mapping[str, float | None]
    better: Mapping[str, tuple[float, float]]
    worse: Mapping[str, tuple[float, float]]
    new: tuple[str, ...]
    gone: tuple[str, ...]


def compare(old: LearntModel, new: LearntModel) -> Changes:
    """By the figures in their cards, each of the tracks of its day, left out."""
    before, after = old.figures["genres"], new.figures["genres"]
    each = {name: (_f1(before[name]), _f1(after[name])) for name in after if name in before}
    return Changes(
        is_same(old, new),
        old.figures["own"],
        new.figures["own"],
        {name: pair for name, pair in each.items() if pair[1] - pair[0] >= _NOTABLE},
        {name: pair for name, pair in each.items() if pair[0] - pair[1] >= _NOTABLE},
        tuple(name for name in after if name not in before),
        tuple(name for name in before if name not in after),
    )


def is_same(old: LearntModel, new: LearntModel) -> bool:
    """Whether the one's file would be the other's."""
    return (old.identity, old.stored, dict(old.asked), dict(old.lessons)) == (
        new.identity,
        new.stored,
        dict(new.asked),
        dict(new.lessons),
    )


def _f1(genre: Mapping[str, Any]) -> float:
    precision, recall = genre["precision"] or 0.0, genre["recall"]
    return round(2 * precision * recall / (precision + recall), 4) if precision + recall else 0.0
