"""Figures counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from audiotag.discovery.learn.figures import (
    LeftOutAnswers,
    Worth,
    confusion,
    doubts,
    genre_figures,
    most_frequent,
    of_kinds,
    shipped_worth,
    worth,
)
from audiotag.library.records import StoredModel

NAMES = ("Jazz", "Folk", "Live")
LABELS = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 0]], bool)
SAID = np.array([[0.9, 0.1, 0], [0.2, 0.7, 0], [0.6, 0.3, 0], [0.1, 0.8, 0.5], [0.9, 0, 0]], np.float32)
WRITTEN = np.array([0, 1, -1, 1, 0])
ANSWERS = LeftOutAnswers(SAID, WRITTEN, LABELS, np.array([0, 1, 2, 2, 3]))


def test_of_each_genre() -> None:
    jazz, folk, live = genre_figures(NAMES, (0.8, 0.6, None), ANSWERS)
    assert (jazz.tracks, jazz.artists, jazz.threshold) == (2, 2, 0.8)
    assert (jazz.precision, jazz.recall) == (0.5, 0.5)
    assert (jazz.written, jazz.written_right) == (2, 1), "one of them has none of the genres"
    assert jazz.confused == {"Folk": 1}
    assert (folk.precision, folk.recall, folk.artists) == (0.5, 0.5, 1)
    assert (folk.written, folk.written_right) == (2, 1)
    assert (live.precision, live.recall, live.written, live.confused) == (1.0, 1.0, 0, {}), "second of two"


def test_over_all() -> None:
    found = worth(SAID.argmax(axis=1), WRITTEN, LABELS)
    assert found == Worth(top1=0.5, coverage=0.8, precision=0.5)
    assert worth(SAID.argmax(axis=1), np.full(5, -1), LABELS).precision is None
    assert most_frequent(NAMES, LABELS) == ("Jazz", 0.5)


def test_confusion_by_the_owner_s_genre() -> None:
    assert confusion(NAMES, ANSWERS).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_doubts_are_the_strongest_first() -> None:
    found = doubts(NAMES, ANSWERS, [b"/%d" % number for number in range(5)], 9)
    assert [one.path for one in found] == [b"/1", b"/2"]
    assert (found[0].own, found[0].instead) == ((("Jazz", pytest.approx(0.2)),), "Folk")
    assert doubts(NAMES, ANSWERS, [b""] * 5, 1) == doubts(NAMES, ANSWERS, [b""] * 5, 9)[:1]


def test_the_shipped_model_s_genres_stand_for_the_words_that_fit_best() -> None:
    model = StoredModel("net-1", ("Rock", "Pop"), (0.5, None))
    labels = np.eye(2, dtype=bool)[[0, 0, 0, 1, 1, 1]]
    said = np.array([[0.9, 0.1]] * 3 + [[0.3, 0.8]] * 3)
    found = shipped_worth(model, said, labels)
    assert found == Worth(top1=1.0, coverage=0.5, precision=1.0), "Pop is not written by default"


def test_what_was_left_out_together_in_words() -> None:
    assert of_kinds({"artist": 12}) == "whole artists"
    assert of_kinds({"folder": 12}) == "whole folders"
    assert of_kinds({"artist": 9, "folder": 2, "album": 1_200}) == (
        "whole artists (1,200 tracks by album, 2 tracks by folder, for want of better)"
    )
