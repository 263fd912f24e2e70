"""What a model is worth on labelled archives that it may or may not have been trained on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from audiotag.errors import ArchiveError
from audiotag.model.card import ModelCard
from audiotag.model.engines import Engine
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.tracks import LabelledTracks
from audiotag.training.evaluation.figures import expected_calibration_error, figures
from audiotag.training.evaluation.genre_figures import BeyondFigures, GenreFigures, beyond, per_genre
from audiotag.training.evaluation.predicted import PredictedTracks


@dataclass(frozen=True)
class Overall:
    """n: tracks. All others but left_out are fractions of them, or means.

    top1, top3: the label is the most probable of all the model's genres, or among the first three.
    top1_closed: it is the most probable of the collection's own genres. macro_f1: of the answers among
    all genres, the mean over those that occur. ece: expected calibration error of the top answers among
    all, in 15 bins. share_at_threshold: tracks for which a genre reaches its threshold.
    precision_at_threshold: how many of them get their label, None where there are none. map: average
    precision, the mean over the genres that occur. left_out: clips without a genre, or of one that the
    model does not have.
    """

    n: int
    top1: float
    top1_closed: float
    top3: float
    macro_f1: float
    ece: float
    precision_at_threshold: float | None
    share_at_threshold: float
    map: float
    left_out: int


@dataclass(frozen=True)
class Evaluation(PredictedTracks):
    """Tracks of one collection, what a model says of them, and how good that is."""

    @cached_property
    def per_genre(self) -> dict[str, GenreFigures]:
        """The genres that occur, in the model's order."""
        return per_genre(self)

    @cached_property
    def beyond(self) -> dict[str, BeyondFigures]:
        """The genres that do not occur but are answered or written, in the model's order."""
        return beyond(self)

    @cached_property
    def figures(self) -> Overall:
        """Over all genres."""
        open_figures = figures(self.probabilities, self.labels)
        among_own = self.probabilities[:, self.own_positions].argmax(axis=1)
        written = self.written >= 0
        return Overall(
            n=open_figures.n,
            top1=open_figures.top1,
            top1_closed=float(np.mean(self.own_positions[among_own] == self.labels)),
            top3=open_figures.top3,
            macro_f1=open_figures.macro_f1,
            ece=expected_calibration_error(self.confidence, self.right),
            precision_at_threshold=float(np.mean((self.written == self.labels)[written]))
            if written.any()
            else None,
            share_at_threshold=float(written.mean()),
            map=float(np.mean([one.average_precision for one in self.per_genre.values()])),
            left_out=self.left_out,
        )

    def to_json(self) -> dict[str, Any]:
        """One object: the overall figures, per_genre, beyond."""
        return to_json(self.figures, self.per_genre, self.beyond)


def to_json(
    overall: Overall, genres: dict[str, GenreFigures], others: dict[str, BeyondFigures]
) -> dict[str, Any]:
    """One object that json.dumps takes."""
    return {
        **asdict(overall),
        "per_genre": {name: asdict(one) for name, one in genres.items()},
        "beyond": {name: asdict(one) for name, one in others.items()},
    }


def evaluate(archive: MelArchive, split: str, card: ModelCard, engine: Engine) -> Evaluation:
    """Judge a model by one split of a collection, the windows of each track averaged, then calibrated.

    The collection's own genres are those of all of its splits. Raises ArchiveError when there is no such
    split, its bands are not the model's, or it holds none of the model's genres.
    """
    chosen = archive.select(split)
    if chosen.mel.shape[1] != card.frontend.bands:
        bands = chosen.mel.shape[1]
        raise ArchiveError(f"the archive has {bands} mel bands, model {card.name} {card.frontend.bands}")
    known = np.flatnonzero(np.isin(chosen.genre, card.genres))
    if not len(known):
        found = ", ".join(genre for genre in chosen.genres if genre) or "clips without a genre"
        raise ArchiveError(
            f"split {split!r} has none of the model's genres ({', '.join(card.genres)}), only: {found}"
        )
    tracks = LabelledTracks.of(chosen.take(known), card.genres, card.frontend.frames)
    said = engine.predict(tracks.windows)
    probabilities = tracks.mean(lambda _: said.probabilities)
    own = set(archive.genres)
    return Evaluation(
        genres=card.genres,
        thresholds=card.thresholds,
        own=tuple(genre for genre in card.genres if genre in own),
        probabilities=card.calibrated(probabilities, tracks.counts),
        labels=tracks.labels,
        track_id=tracks.track_id,
        left_out=len(chosen) - len(known),
        embeddings=tracks.mean(lambda _: said.embedding),
    )
