"""What a genre is worth: how well it is found, how often it is written, and what it is taken for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_fscore_support

from audiotag.training.evaluation.evaluate import Evaluation
from audiotag.training.evaluation.figures import expected_calibration_error
from audiotag.training.evaluation.genre_figures import THRESHOLDS, BeyondFigures, mean_genre, sum_beyond
from tests.training.predicted_tracks import FIFTEEN, random_evaluation


@pytest.fixture(scope="module")
def fifteen() -> Evaluation:
    return random_evaluation()


def test_they_are_scikit_learn_s(fifteen: Evaluation) -> None:
    expected = precision_recall_fscore_support(fifteen.labels, fifteen.answers)
    for i, genre in enumerate(FIFTEEN):
        one = fifteen.per_genre[genre]
        assert (one.precision, one.recall, one.f1, one.support) == pytest.approx([e[i] for e in expected])
        of_genre = average_precision_score(fifteen.labels == i, fifteen.probabilities[:, i])
        assert one.average_precision == pytest.approx(of_genre)
    assert (fifteen.matrix == confusion_matrix(fifteen.labels, fifteen.answers)).all()


def test_mistakes_are_told_from_both_sides_the_most_frequent_first(fifteen: Evaluation) -> None:
    for i, genre in enumerate(FIFTEEN):
        one = fifteen.per_genre[genre]
        assert sum(one.mistaken_for.values()) == one.support - fifteen.matrix[i, i]
        assert sum(one.mistaken_from.values()) == fifteen.matrix[:, i].sum() - fifteen.matrix[i, i]
        for counts in (one.mistaken_for, one.mistaken_from):
            assert list(counts.values()) == sorted(counts.values(), reverse=True)
            assert genre not in counts
            assert 0 not in counts.values()
        for other, count in one.mistaken_for.items():
            assert fifteen.per_genre[other].mistaken_from[genre] == count


def test_what_is_written_is_counted_by_the_genre_that_is_written(fifteen: Evaluation) -> None:
    genres = fifteen.per_genre
    for i, genre in enumerate(FIFTEEN):
        gets = fifteen.written == i
        assert (genres[genre].written, genres[genre].written_right) == (
            gets.sum(),
            (gets & (fifteen.labels == i)).sum(),
        )
    assert genres["Experimental"].threshold is None
    assert genres["Experimental"].written == 0
    assert genres["Blues"].threshold == 0.25
    assert genres["Blues"].written > 0
    share = sum(one.written for one in genres.values()) / fifteen.figures.n
    assert fifteen.figures.share_at_threshold == pytest.approx(share)


def test_calibration_is_of_a_genre_s_own_probability(fifteen: Evaluation) -> None:
    folk = FIFTEEN.index("Folk")
    expected = expected_calibration_error(fifteen.probabilities[:, folk], fifteen.labels == folk)
    assert fifteen.per_genre["Folk"].ece == expected


def test_coverage_and_precision_are_told_threshold_by_threshold(fifteen: Evaluation) -> None:
    jazz = FIFTEEN.index("Jazz")
    found = fifteen.per_genre["Jazz"].by_threshold
    assert found.threshold == THRESHOLDS == tuple(pytest.approx(0.05 * step) for step in range(1, 20))
    assert list(found.coverage) == sorted(found.coverage, reverse=True)
    half = found.threshold.index(0.5)
    reached = fifteen.probabilities[:, jazz] >= 0.5
    assert found.coverage[half] == pytest.approx(reached.mean())
    assert found.precision[half] == pytest.approx((fifteen.labels == jazz)[reached].mean())
    for coverage, precision in zip(found.coverage, found.precision, strict=True):
        assert (coverage == 0) == (precision is None)


def test_genres_that_the_collection_lacks_are_beyond_and_always_wrong() -> None:
    found = random_evaluation(own=FIFTEEN[4:9])
    assert set(found.per_genre) == set(FIFTEEN[4:9])
    assert set(found.beyond) <= set(FIFTEEN) - set(FIFTEEN[4:9])
    rock = FIFTEEN.index("Rock")
    assert sum(found.beyond["Rock"].mistaken_from.values()) == found.matrix[:, rock].sum()
    assert found.beyond["Rock"].written == (found.written == rock).sum()
    own, others = found.per_genre.values(), found.beyond.values()
    assert sum(one.written for one in own) + sum(one.written for one in others) == (found.written >= 0).sum()


def test_over_collections_fractions_are_means_and_counts_are_sums() -> None:
    one, other = (random_evaluation(count).per_genre["Rock"] for count in (900, 300))
    both = mean_genre([one, other])
    assert both.support == one.support + other.support
    assert both.written_right == one.written_right + other.written_right
    assert both.threshold == one.threshold
    for name in ("precision", "recall", "f1", "average_precision", "ece"):
        assert getattr(both, name) == pytest.approx((getattr(one, name) + getattr(other, name)) / 2)
    assert both.mistaken_for["Blues"] == one.mistaken_for["Blues"] + other.mistaken_for["Blues"]
    assert both.by_threshold.coverage == pytest.approx(
        np.mean([one.by_threshold.coverage, other.by_threshold.coverage], axis=0)
    )
    # At 0.95 the smaller collection may have nothing: then the other alone says how precise it is.
    for mean, *values in zip(
        *(figures.by_threshold.precision for figures in (both, one, other)), strict=True
    ):
        known = [value for value in values if value is not None]
        assert mean == (pytest.approx(np.mean(known)) if known else None)


def test_what_is_beyond_several_collections_is_a_sum() -> None:
    found = sum_beyond([BeyondFigures(2, {"Pop": 1}), BeyondFigures(1, {"Rock": 3, "Pop": 1})])
    assert found == BeyondFigures(3, {"Rock": 3, "Pop": 2})
    assert list(found.mistaken_from) == ["Rock", "Pop"]
