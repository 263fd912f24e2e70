"""The figures in a card, of six tracks that one can count by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from audiotag.model.calibration import Platt
from audiotag.training.outputs.calibrate import Calibration, Judged
from audiotag.training.outputs.worth import worth

PROBABILITIES = [
    [0.9, 0.05, 0.05],  # Folk, and written
    [0.2, 0.3, 0.5],  # Folk: Rock among all, Jazz among its own, and too doubtful to be written
    [0.1, 0.8, 0.1],  # Jazz, which is never written
    [0.1, 0.2, 0.7],  # Jazz, but written as Rock
    [0.6, 0.3, 0.1],  # Jazz: written as Folk, which its collection does not know
    [0.1, 0.1, 0.8],  # Rock, and written
]
JUDGED = Judged(
    np.array(PROBABILITIES), np.array([0, 0, 1, 1, 1, 2]), np.array([0, 0, 0, 0, 1, 1]), np.arange(6)
)
GENRES = ("Folk", "Jazz", "Rock")
COLLECTIONS = {"a": ("Folk", "Jazz"), "b": ("Jazz", "Rock")}


def found_with(thresholds: tuple[float | None, ...]) -> Mapping[str, Any]:
    chosen = Calibration((Platt(),) * 3, thresholds, 0.75)
    return worth(JUDGED, chosen, GENRES, COLLECTIONS)


def test_each_collection_is_counted_among_all_genres_and_its_own() -> None:
    found = found_with((0.55, None, 0.65))
    one, other = found["collections"]["a"], found["collections"]["b"]
    assert (one["n"], one["top1"], one["top1_closed"]) == (4, 0.5, 0.75)
    assert (one["precision_at_threshold"], one["share_at_threshold"]) == (0.5, 0.5)
    assert (other["n"], other["top1"], other["top1_closed"]) == (2, 0.5, 1.0)
    assert (other["precision_at_threshold"], other["share_at_threshold"]) == (0.5, 1.0)
    # Of the surest answer: 0.6 is wrong, 0.8 right.
    assert other["ece"] == pytest.approx((0.6 + 0.2) / 2)
    assert set(one["cross_fitted"]) == {"top1", "ece", "precision_at_threshold", "share_at_threshold"}


def test_each_genre_is_counted_over_all_collections() -> None:
    genres = found_with((0.55, None, 0.65))["genres"]
    counts = {name: (one["tracks"], one["written"], one["right"]) for name, one in genres.items()}
    assert counts == {"Folk": (2, 2, 1), "Jazz": (3, 0, 0), "Rock": (1, 2, 1)}


def test_where_nothing_is_written_there_is_no_precision() -> None:
    found = found_with((None, None, None))["collections"]["a"]
    assert (found["precision_at_threshold"], found["share_at_threshold"]) == (None, 0.0)
