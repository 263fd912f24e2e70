"""What a model is worth on a labelled archive it may or may not have been trained on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from audiotag.errors import ArchiveError
from audiotag.model.card import ModelCard
from audiotag.model.engines import Engine
from audiotag.training.archive import MelArchive
from audiotag.training.figures import Figures, at_threshold, expected_calibration_error, figures
from audiotag.training.tracks import LabelledTracks


@dataclass(frozen=True)
class GenreFigures:
    """precision, recall, f1: fractions. support: tracks of the genre. mistaken_for: how many
    of them were taken for which other genre, the most frequent first."""

    precision: float
    recall: float
    f1: float
    support: int
    mistaken_for: dict[str, int]


@dataclass(frozen=True)
class Evaluation:
    """genres: the model's. probabilities (n, genres), labels (n,) int, track_id (n,): a track a row.

    ece: expected calibration error in 15 bins. precision, share: of the tracks at or above
    the model's threshold; precision is None where there are none. left_out: clips of genres
    that the model does not have. matrix (genres, genres): [label, predicted] counts.
    """

    genres: tuple[str, ...]
    threshold: float
    probabilities: np.ndarray
    labels: np.ndarray
    track_id: np.ndarray
    figures: Figures
    ece: float
    precision: float | None
    share: float
    matrix: np.ndarray
    per_genre: dict[str, GenreFigures]
    left_out: int = 0

    @property
    def confidence(self) -> np.ndarray:
        """(n,) the top probability of each track."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def right(self) -> np.ndarray:
        """(n,) bool: whether the top answer is the label."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.labels)

    def to_json(self) -> dict[str, Any]:
        """One object, fractions; n tracks; per_genre holds the genres that occur."""
        return {
            **asdict(self.figures),
            "ece": self.ece,
            "threshold": self.threshold,
            "precision_at_threshold": self.precision,
            "share_at_threshold": self.share,
            "left_out": self.left_out,
            "per_genre": {genre: asdict(found) for genre, found in self.per_genre.items()},
        }


def evaluate(archive: MelArchive, split: str, card: ModelCard, engine: Engine) -> Evaluation:
    """Judge a model by one split of an archive, the windows of each track averaged.

    Raises ArchiveError when there is no such split, its bands are not the model's, or it
    holds none of the model's genres.
    """
    chosen = archive.select(split)
    if chosen.mel.shape[1] != card.frontend.bands:
        bands = chosen.mel.shape[1]
        raise ArchiveError(f"the archive has {bands} mel bands, model {card.name} {card.frontend.bands}")
    known = np.flatnonzero(np.isin(chosen.genre, card.genres))
    if not len(known):
        raise ArchiveError(
            f"split {split!r} has none of the model's genres ({', '.join(card.genres)}), only: "
            + ", ".join(chosen.genres)
        )
    tracks = LabelledTracks.of(chosen.take(known), card.genres, card.frontend.frames)
    # An engine's probabilities are scaled already.
    probabilities = tracks.answers(lambda windows: engine.predict(windows)[0]).mean()
    return replace(
        judge(probabilities, tracks.labels, tracks.track_id, card), left_out=len(chosen) - len(known)
    )


def judge(probabilities: np.ndarray, labels: np.ndarray, track_id: np.ndarray, card: ModelCard) -> Evaluation:
    """All figures of tracks: probabilities (n, genres), labels (n,) int among the card's genres,
    track_id (n,)."""
    confidence = probabilities.max(axis=1)
    predicted = probabilities.argmax(axis=1)
    precision, share = at_threshold(probabilities, labels, card.threshold)
    matrix = np.zeros((len(card.genres), len(card.genres)), np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return Evaluation(
        genres=card.genres,
        threshold=card.threshold,
        probabilities=probabilities,
        labels=labels,
        track_id=track_id,
        figures=figures(probabilities, labels),
        ece=expected_calibration_error(confidence, predicted == labels),
        precision=precision,
        share=share,
        matrix=matrix,
        per_genre=_per_genre(matrix, card.genres),
    )


def _per_genre(matrix: np.ndarray, genres: tuple[str, ...]) -> dict[str, GenreFigures]:
    found = {}
    for i, genre in enumerate(genres):
        hits, support, answers = int(matrix[i, i]), int(matrix[i].sum()), int(matrix[:, i].sum())
        if support == 0:
            continue
        others = [int(j) for j in np.argsort(-matrix[i], kind="stable") if j != i and matrix[i, j]]
        found[genre] = GenreFigures(
            precision=hits / answers if answers else 0.0,
            recall=hits / support,
            f1=2 * hits / (answers + support),
            support=support,
            mistaken_for={genres[j]: int(matrix[i, j]) for j in others},
        )
    return found
