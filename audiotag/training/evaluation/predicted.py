"""Labelled tracks, and what a model predicts of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from audiotag.model.calibration import written_genres


@dataclass(frozen=True)
class PredictedTracks:
    """genres: the model's; thresholds: theirs, None where a genre is not written by default. own: those of
    them that the collection knows. Of each track: probabilities (n, genres), calibrated, labels (n,) int,
    track_id (n,). left_out: clips without a genre, or of one that the model does not have. embeddings
    (n, size): of each track, for its map; None where nobody kept them."""

    genres: tuple[str, ...]
    thresholds: tuple[float | None, ...]
    own: tuple[str, ...]
    probabilities: np.ndarray
    labels: np.ndarray
    track_id: np.ndarray
    left_out: int = 0
    embeddings: np.ndarray | None = None

    @cached_property
    def own_positions(self) -> np.ndarray:
        """(own genres,) int: where in `genres` they are, ascending."""
        return np.flatnonzero(np.isin(self.genres, self.own))

    @cached_property
    def answers(self) -> np.ndarray:
        """(n,) int: the most probable of all genres."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @cached_property
    def confidence(self) -> np.ndarray:
        """(n,) the top probability of each track."""
        return np.asarray(self.probabilities.max(axis=1))

    @cached_property
    def right(self) -> np.ndarray:
        """(n,) bool: whether the top answer is the label."""
        return np.asarray(self.answers == self.labels)

    @cached_property
    def written(self) -> np.ndarray:
        """(n,) int: the genre that a track gets by default, -1 for none."""
        return written_genres(self.probabilities, self.thresholds)

    @cached_property
    def matrix(self) -> np.ndarray:
        """(genres, genres) int: how many tracks of [label] have [top answer]."""
        matrix = np.zeros((len(self.genres), len(self.genres)), np.int64)
        np.add.at(matrix, (self.labels, self.answers), 1)
        return matrix

    def counted(self, counts: np.ndarray, but: int) -> dict[str, int]:
        """A row or column of `matrix` by name: what is not 0, most frequent first, without genre `but`."""
        order = np.argsort(-counts, kind="stable")
        return {self.genres[j]: int(counts[j]) for j in order if j != but and counts[j]}
