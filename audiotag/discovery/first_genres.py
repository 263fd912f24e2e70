"""Which genre each track has first, told from its row: as the network said it, or in the words of a learnt
model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.library.embeddings import Stored, unit_vectors
from audiotag.library.records import StoredModel, Track
from audiotag.model.learnt import LearntModel


@dataclass(frozen=True)
class FirstGenres:
    """heard_by: the model whose probabilities are in the rows. learnt: what judges their embeddings in its
    place, of that model's embedding; None for the probabilities as they are."""

    heard_by: StoredModel
    learnt: LearntModel | None = None

    @property
    def _speaks(self) -> StoredModel:
        return self.heard_by if self.learnt is None else self.learnt.stored

    @property
    def names(self) -> tuple[str, ...]:
        return self._speaks.genres

    def of_rows(self, stored: Stored, blobs: tuple[bytes | None, ...]) -> np.ndarray:
        """(n,) the index in `names` of each track's first genre, as Track.judged has it; -1 where nothing is
        known. blobs: the column `probabilities`."""
        said = _probabilities(blobs, len(self.heard_by.genres))
        if self.learnt is not None:
            said = _judged(self.learnt, self.heard_by, stored.halves, said)
        thresholds = np.array([np.inf if one is None else one for one in self._speaks.thresholds])
        reaches = said >= thresholds
        # First by whether it reaches its threshold, then by probability, then by how far it is above.
        rank = np.where(reaches | ~reaches.any(axis=1, keepdims=True), said, -np.inf)
        best = rank == rank.max(axis=1, keepdims=True)
        above = np.where(reaches, said - np.where(reaches, thresholds, 0), 0)
        return np.where(best.any(axis=1), np.where(best, above, -np.inf).argmax(axis=1), -1)

    def judged(self, track: Track) -> Track:
        """A track as the library has it, in these words."""
        return track if self.learnt is None else self.learnt.judge(track)

    def of_track(self, track: Track) -> frozenset[str]:
        """The first genre of such a track, or nothing."""
        return frozenset(genre for genre, _ in self.judged(track).ranked()[:1])


def _probabilities(blobs: tuple[bytes | None, ...], genres: int) -> np.ndarray:
    """(n, genres); not numbers where there are none."""
    none = b"\xff" * (4 * genres)
    whole = [blob if blob is not None and len(blob) == len(none) else none for blob in blobs]
    return np.frombuffer(b"".join(whole), "<f4").reshape(len(blobs), genres).astype(float)


def _judged(learnt: LearntModel, heard_by: StoredModel, halves: np.ndarray, said: np.ndarray) -> np.ndarray:
    """(n, learnt genres and those besides), of what the network said of each, and of its embeddings."""
    vectors, whole = unit_vectors(halves)
    vectors[~whole] = 0
    others = [heard_by.genres.index(name) for name, _ in learnt.shipped]
    both = np.concatenate([learnt.probabilities(vectors), said[:, others]], axis=1)
    both[~whole | np.isnan(said).any(axis=1)] = np.nan
    return both
