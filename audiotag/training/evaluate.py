"""What a model is worth on a labelled archive it may or may not have been trained on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from audiotag.errors import ArchiveError
from audiotag.model.card import ModelCard
from audiotag.model.engines import Engine
from audiotag.training.archive import MelArchive, cut, window_offsets
from audiotag.training.figures import Figures, at_threshold, expected_calibration_error, figures


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
    the model's threshold; precision is None where there are none. left_out: tracks of genres
    that the model does not have. matrix (genres, genres): [label, predicted] counts.
    """

    genres: tuple[str, ...]
    threshold: float
    probabilities: np.ndarray
    labels: np.ndarray
    track_id: np.ndarray
    left_out: int
    figures: Figures
    ece: float
    precision: float | None
    share: float
    matrix: np.ndarray
    per_genre: dict[str, GenreFigures]

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
    clips = chosen.take(known)
    offsets = window_offsets(clips.mel.shape[2], card.frontend.frames)
    windows = [engine.predict(cut(clips.mel, offset, card.frontend.frames))[0] for offset in offsets]
    tracks = by_track(np.mean(windows, axis=0), clips)
    return judge(tracks, card, left_out=len(chosen) - len(known))


@dataclass(frozen=True)
class Tracks:
    """probabilities (n, genres), genre (n,) str, track_id (n,)."""

    probabilities: np.ndarray
    genre: np.ndarray
    track_id: np.ndarray


def by_track(probabilities: np.ndarray, clips: MelArchive) -> Tracks:
    """Clips → tracks: the rows of one track id and genre are averaged, in the order of the first."""
    names = [f"{track} {genre}" for track, genre in zip(clips.track_id, clips.genre, strict=True)]
    _, first, row = np.unique(np.array(names), return_index=True, return_inverse=True)
    sums = np.zeros((len(first), probabilities.shape[1]))
    np.add.at(sums, row, probabilities)
    order = np.argsort(first)
    mean = (sums / np.bincount(row)[:, None])[order]
    return Tracks(mean, clips.genre[first[order]], clips.track_id[first[order]])


def judge(tracks: Tracks, card: ModelCard, left_out: int = 0) -> Evaluation:
    """All figures of tracks whose genres the card has."""
    position = {genre: i for i, genre in enumerate(card.genres)}
    labels = np.array([position[str(genre)] for genre in tracks.genre], np.int64)
    confidence = tracks.probabilities.max(axis=1)
    predicted = tracks.probabilities.argmax(axis=1)
    precision, share = at_threshold(tracks.probabilities, labels, card.threshold)
    matrix = np.zeros((len(card.genres), len(card.genres)), np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return Evaluation(
        genres=card.genres,
        threshold=card.threshold,
        probabilities=tracks.probabilities,
        labels=labels,
        track_id=tracks.track_id,
        left_out=left_out,
        figures=figures(tracks.probabilities, labels),
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
