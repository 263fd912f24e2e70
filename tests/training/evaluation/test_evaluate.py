"""An evaluation counts right, on whatever genres a collection has."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from audiotag.errors import ArchiveError
from audiotag.training.evaluation.evaluate import Evaluation, evaluate
from tests.training.predicted_tracks import FIFTEEN, SURER, THREE, ByLevel, clips, random_evaluation

# Four tracks of a collection that knows Folk and Rock, as a model of Folk, Pop and Rock hears them.
# By the thresholds 0.5, none and 0.3 they get Folk, Rock, Rock and nothing.
FOUR = Evaluation(
    genres=THREE.genres,
    thresholds=THREE.thresholds,
    own=("Folk", "Rock"),
    probabilities=np.array([[0.6, 0.1, 0.4], [0.4, 0.8, 0.5], [0.1, 0.2, 0.9], [0.45, 0.3, 0.2]]),
    labels=np.array([0, 2, 0, 2]),
    track_id=np.array([1, 2, 3, 4]),
)


def test_the_answer_is_open_to_all_genres_or_closed_to_the_collection_s_own() -> None:
    """Open: Folk, Pop, Rock, Folk, of which the first is right. Closed: Folk, Rock, Rock, Folk."""
    assert FOUR.figures.n == 4
    assert FOUR.figures.top1 == 1 / 4
    assert FOUR.figures.top1_closed == 2 / 4
    assert FOUR.figures.top3 == 1.0


def test_macro_f1_is_of_the_open_answers_over_the_genres_that_occur() -> None:
    """Folk: one hit of two answers and two tracks, 1/2. Rock: no hit. Pop does not occur."""
    assert FOUR.figures.macro_f1 == (1 / 2 + 0) / 2
    found = random_evaluation(own=FIFTEEN[4:9])
    expected = f1_score(found.labels, found.answers, average="macro", labels=np.unique(found.labels))
    assert found.figures.macro_f1 == pytest.approx(expected)


def test_mean_average_precision_is_over_the_genres_that_occur() -> None:
    """Folk's tracks are ranks 1 and 4 by its probability, Rock's ranks 2 and 4 by its own."""
    folk, rock = (1 / 1 + 2 / 4) / 2, (1 / 2 + 2 / 4) / 2
    assert FOUR.figures.map == pytest.approx((folk + rock) / 2)


def test_what_is_written_may_be_another_genre_than_the_top_answer() -> None:
    """Of the second track Pop is likeliest, but never written; Rock reaches its threshold, and is right."""
    assert FOUR.written.tolist() == [0, 2, 2, -1]
    assert FOUR.figures.share_at_threshold == 3 / 4
    assert FOUR.figures.precision_at_threshold == pytest.approx(2 / 3)


def test_where_nothing_is_written_there_is_no_precision() -> None:
    found = replace(FOUR, thresholds=(None, None, None)).figures
    assert (found.precision_at_threshold, found.share_at_threshold) == (None, 0.0)


def test_calibration_is_of_the_top_answer_among_all_genres() -> None:
    """Confidences 0.6, 0.8, 0.9, 0.45, each alone in its bin; the first alone is right."""
    assert FOUR.figures.ece == pytest.approx((0.4 + 0.8 + 0.9 + 0.45) / 4)


def test_json_begins_with_the_fixed_names() -> None:
    values = json.loads(json.dumps(random_evaluation().to_json()))
    assert list(values) == [
        "n", "top1", "top1_closed", "top3", "macro_f1", "ece", "precision_at_threshold", "share_at_threshold",
        "map", "left_out", "per_genre", "beyond",
    ]  # fmt: skip
    assert values["n"] == 900
    assert list(values["per_genre"]) == list(FIFTEEN)


def test_the_clips_of_a_track_are_averaged_and_then_calibrated() -> None:
    archive = clips(["Rock", "Folk", "Rock"], [200, 200, 10], [7, 8, 7])
    found = evaluate(archive, "test", SURER, ByLevel())
    assert found.track_id.tolist() == [7, 8]
    # The mean of 0.2 and 0.8 has even odds; of 0.8 they are 4, squared 16; of 0.1 they are 1/9, squared 1/81.
    np.testing.assert_allclose(
        found.probabilities, [[0.5, 1 / 82, 0.5], [1 / 17, 1 / 82, 16 / 17]], atol=1e-6
    )


def test_clips_without_a_genre_of_the_model_are_left_out_and_counted() -> None:
    archive = clips(["Rock", "Jazz", "", "Rock"], [200, 10, 10, 10], [1, 2, 3, 4])
    found = evaluate(archive, "test", THREE, ByLevel())
    assert (found.figures.left_out, found.figures.n, found.figures.top1) == (2, 2, 0.5)
    assert list(found.per_genre) == ["Rock"]
    assert found.per_genre["Rock"].mistaken_for == {"Folk": 1}


def test_a_collection_s_own_genres_are_those_of_all_its_splits() -> None:
    archive = clips(["Rock", "Pop", "Jazz"], [200, 10, 10], [1, 2, 3], ["test", "train", "train"])
    assert evaluate(archive, "test", THREE, ByLevel()).own == ("Pop", "Rock")


def test_what_cannot_be_evaluated_is_said() -> None:
    archive = clips(["Jazz", ""], [10, 10], [1, 2])
    with pytest.raises(ArchiveError, match=r"none of the model's genres \(Folk, Pop, Rock\), only: Jazz$"):
        evaluate(archive, "test", THREE, ByLevel())
    with pytest.raises(ArchiveError, match=r"only: clips without a genre$"):
        evaluate(clips([""], [10], [1]), "test", THREE, ByLevel())
    with pytest.raises(ArchiveError, match="no split 'val', only: test"):
        evaluate(archive, "val", THREE, ByLevel())
    with pytest.raises(ArchiveError, match="7 mel bands"):
        evaluate(replace(archive, mel=archive.mel[:, :7]), "test", THREE, ByLevel())
