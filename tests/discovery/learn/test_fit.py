"""The regression: what it was taught it says, in bounded time, with several genres a track and none."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from audiotag.discovery.learn import fit as module
from audiotag.discovery.learn.fit import evenly, fit


def clusters(counts: list[int], size: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around a direction a genre, and the number of each."""
    random = np.random.default_rng(2)
    genre = np.repeat(np.arange(len(counts)), counts)
    x = np.eye(len(counts), size)[genre] + random.normal(0, 0.1, (len(genre), size))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x.astype(np.float32), genre


def everything(labels: np.ndarray) -> np.ndarray:
    return np.arange(len(labels))


@pytest.mark.parametrize("counts", [[20, 20], [40, 8], [60, 20, 8], [9] * 11])
def test_clusters_are_told_apart(counts: list[int]) -> None:
    x, genre = clusters(counts)
    labels = np.eye(len(counts), dtype=bool)[genre]
    said = fit(x, labels, everything(labels)).predict(x)
    assert said.shape == labels.shape
    assert ((said >= 0) & (said <= 1)).all()
    assert (said.argmax(axis=1) == genre).mean() > 0.97


def test_a_small_genre_is_not_swallowed_by_a_large_one() -> None:
    x, genre = clusters([500, 10])
    labels = np.eye(2, dtype=bool)[genre]
    said = fit(x, labels, everything(labels)).predict(x)
    assert (said[genre == 1].argmax(axis=1) == 1).mean() > 0.9


def test_a_track_of_two_genres_is_likely_of_both() -> None:
    x, genre = clusters([30, 30, 30])
    labels = np.eye(3, dtype=bool)[genre]
    labels[genre == 2, :2] = True
    labels[:, 2] = False
    said = fit(x, labels[:, :2], everything(labels)).predict(x)
    assert said[genre == 2].min() > 0.35
    assert said[genre == 0][:, 1].max() < 0.35


def test_tracks_of_none_of_the_genres_are_none() -> None:
    x, genre = clusters([30, 30, 30])
    labels = np.eye(3, dtype=bool)[genre][:, :2]
    said = fit(x, labels, everything(labels)).predict(x)
    assert said[genre == 2].max() < 0.5
    assert said[genre == 0][:, 0].min() > 0.5


def test_only_the_tracks_at_hand_teach_and_a_genre_without_any_is_never_said() -> None:
    x, genre = clusters([30, 30, 30])
    labels = np.eye(3, dtype=bool)[genre]
    said = fit(x, labels, np.flatnonzero(genre != 2)).predict(x)
    assert said[:, 2].max() < 1e-6
    alone = fit(x, labels, np.flatnonzero(genre == 0)).predict(x)
    assert (alone.argmax(axis=1) == 0).all()


def test_where_all_tracks_of_a_genre_are_alike_one_without_any_is_never_said_either() -> None:
    """Whatever lies between such genres is very unlike all of them."""
    x = np.eye(3, 12, dtype=np.float32).repeat(10, axis=0)
    labels = np.eye(3, dtype=bool).repeat(10, axis=0)
    said = fit(x, labels, np.arange(20)).predict(np.full((1, 12), 12**-0.5, np.float32))
    assert said[0, 2] == 0
    assert said.sum() == pytest.approx(1)


def test_one_half_are_normal_distributions_of_one_rounded_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """As scikit-learn has them, where all genres have as many tracks."""
    monkeypatch.setattr(module, "_LEAST_SPREAD", 0.0)
    x, genre = clusters([30, 30, 30])
    slopes, offsets = module._gaussian(x, genre, np.ones(len(x)))
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=module.ROUNDNESS).fit(x, genre)
    ours = x @ slopes.T + offsets - np.log(3)
    assert np.allclose(ours, theirs.decision_function(x), atol=1e-3)


def test_fewer_directions_tell_them_apart_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DIRECTIONS", 4)
    x, genre = clusters([30, 30, 30], size=64)
    labels = np.eye(3, dtype=bool)[genre]
    regression = fit(x, labels, everything(labels))
    assert regression.slopes.shape == (4, 64), "it works on whole embeddings; the last row is none of them"
    assert (regression.predict(x).argmax(axis=1) == genre).all()


def test_of_many_tracks_rare_genres_stay_whole() -> None:
    genre = np.repeat(np.arange(3), [900, 90, 9])
    labels = np.eye(3, dtype=bool)[genre]
    taken = evenly(labels, 200)
    assert len(taken) == 200
    assert (np.diff(taken) > 0).all()
    assert np.bincount(genre[taken]).tolist() == [101, 90, 9]
    assert evenly(labels, 5_000).tolist() == list(range(999))
