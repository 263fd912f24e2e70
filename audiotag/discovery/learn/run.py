"""Learning, from top to bottom: lessons → genres → folds → what is said of artists left out → calibration and
thresholds → figures → the model, taught by all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from audiotag.discovery.learn.figures import (
    CurvePoint,
    Judgement,
    LeftOutAnswers,
    genre_figures,
    most_frequent,
    shipped_worth,
    worth,
)
from audiotag.discovery.learn.fit import fit
from audiotag.discovery.learn.folds import folds_of
from audiotag.discovery.learn.lessons import Lessons
from audiotag.discovery.learn.thresholds import cross_fit, fit_scaling, fit_thresholds
from audiotag.discovery.learn.words import Vocabulary, vocabulary
from audiotag.errors import UsageError
from audiotag.extras import need
from audiotag.model.calibration import calibrated, written_genres
from audiotag.model.card import GenreOutput
from audiotag.model.learnt import Embedding, LearntModel
from audiotag.model.learnt_file import check_name
from audiotag.tags.sameness import sameness

# The parts of the tracks by which the learning curve is drawn.
_PARTS = (0.25, 0.5)


@dataclass(frozen=True)
class LearnOptions:
    """name: of the model. precision: how often what is written is to be right. with_shipped: add the
    genres of the model that heard the tracks which the owner does not use. network: that model's name or
    card file, None where it is not known. genre_map: for the card, so that it can be learnt again."""

    name: str = "mine"
    precision: float = 0.8
    with_shipped: bool = False
    network: str | None = None
    genre_map: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name)
        if not 0.0 < self.precision <= 1.0:
            raise UsageError(f"--precision must be above 0 and at most 1, not {self.precision:g}")


@dataclass(frozen=True)
class Learnt:
    """The model, what it is worth, the genres it was taught and those that it was not, and what it said
    of the tracks when they were left out. shipped_written: how many of them would get one of the genres
    that `with_shipped` added."""

    model: LearntModel
    judgement: Judgement
    vocabulary: Vocabulary
    answers: LeftOutAnswers
    shipped_written: int = 0


def learn(lessons: Lessons, options: LearnOptions) -> Learnt:
    """The same lessons in whatever order make the same model. Raises LearnError where there is too little to
    learn from, MissingExtraError without scikit-learn."""
    need("learn", "learn")
    from threadpoolctl import threadpool_limits

    # Sums do not depend on how many cores share them; and other programs' work does not hold us up.
    with threadpool_limits(1):
        return _learn(lessons, options)


def _learn(lessons: Lessons, options: LearnOptions) -> Learnt:
    known = vocabulary(lessons.words, lessons.groups)
    labels, folds = known.labels, folds_of(known.labels, lessons.groups)
    heard = _left_out(lessons.vectors, labels, folds)
    probabilities, written = cross_fit(heard, labels, lessons.groups, folds, options.precision)
    answers = LeftOutAnswers(probabilities, written, labels, lessons.groups)
    scaling = fit_scaling(heard, labels)
    all_of_them = calibrated(heard, scaling)
    thresholds = fit_thresholds(all_of_them, labels, lessons.groups, options.precision)
    name, share = most_frequent(known.names, labels)
    judgement = Judgement(
        tracks=int(labels.any(axis=1).sum()),
        rest=int((~labels.any(axis=1)).sum()),
        genres=genre_figures(known.names, thresholds, answers),
        own=worth(probabilities.argmax(axis=1), written, labels),
        shipped=shipped_worth(lessons.model, lessons.shipped, labels),
        most_frequent=name,
        most_frequent_share=share,
        curve=_curve(lessons, labels, folds, heard),
    )
    shipped = _shipped_besides(lessons, known.names) if options.with_shipped else ()
    outputs = zip(known.names, scaling, thresholds, strict=True)
    model = LearntModel(
        options.name,
        Embedding(lessons.model.identity, options.network, lessons.vectors.shape[1]),
        tuple(GenreOutput(*one) for one in outputs),
        fit(lessons.vectors, labels, np.arange(len(labels))),
        shipped,
        _asked(options),
        _counts(lessons, known, judgement),
        _figures(judgement),
    )
    written_besides = _written_besides(model, lessons, all_of_them)
    return Learnt(model, judgement, known, answers, written_besides)


def _left_out(vectors: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """(n, genres): what each track is taken for by a regression that was taught by the other folds."""
    found = np.zeros(labels.shape, np.float32)
    for fold in np.unique(folds):
        regression = fit(vectors, labels, np.flatnonzero(folds != fold))
        found[folds == fold] = regression.predict(vectors[folds == fold])
    return found


def _curve(
    lessons: Lessons, labels: np.ndarray, folds: np.ndarray, heard: np.ndarray
) -> tuple[CurvePoint, ...]:
    """Parts are of whole artists, judged as all tracks are; the last point is what `Judgement.own` says.
    heard (n, genres): what all of the other folds say of each track."""
    known = labels.any(axis=1)
    order = np.random.default_rng(0).permutation(int(lessons.groups.max()) + 1)[lessons.groups]
    points = []
    for part in (*_PARTS, 1.0):
        counts, right = [], []
        for fold in np.unique(folds):
            here, others = np.flatnonzero((folds == fold) & known), np.flatnonzero(folds != fold)
            by_artist = others[np.argsort(order[others], kind="stable")]
            some = np.sort(by_artist[: max(1, round(part * len(by_artist)))])
            said = heard[here]
            if part < 1:
                said = fit(lessons.vectors, labels, some).predict(lessons.vectors[here])
            # That of all the others: few tracks are too few for a calibration.
            said = calibrated(said, fit_scaling(heard[others], labels[others]))
            counts.append(len(some))
            right.append(labels[here, said.argmax(axis=1)])
        points.append(CurvePoint(round(float(np.mean(counts))), float(np.concatenate(right).mean())))
    return tuple(points)


def _shipped_besides(lessons: Lessons, names: Sequence[str]) -> tuple[tuple[str, float | None], ...]:
    own = set(map(sameness, names))
    both = zip(lessons.model.genres, lessons.model.thresholds, strict=True)
    return tuple((name, least) for name, least in both if sameness(name) not in own)


def _written_besides(model: LearntModel, lessons: Lessons, own: np.ndarray) -> int:
    """How many of the tracks would get one of the other model's genres. own: probabilities (n, genres)."""
    if not model.shipped:
        return 0
    others = [lessons.model.genres.index(name) for name, _ in model.shipped]
    both = np.concatenate([own, lessons.shipped[:, others]], axis=1)
    return int((written_genres(both, model.stored.thresholds) >= own.shape[1]).sum())


def _asked(options: LearnOptions) -> dict[str, Any]:
    words = {key: list(values) for key, values in options.genre_map.items()}
    return {"precision": options.precision, "with_shipped": options.with_shipped, "map": words}


def _counts(lessons: Lessons, known: Vocabulary, judgement: Judgement) -> dict[str, Any]:
    return {
        "tracks": judgement.tracks,
        "rest": judgement.rest,
        "artists": len(np.unique(lessons.groups)),
        "grouped": dict(lessons.grouped),
        "genres_left_out": len(known.left_out),
    }


def _figures(judgement: Judgement) -> dict[str, Any]:
    """What `models` shows, and what the next time is compared with."""
    return {
        "own": asdict(judgement.own),
        "shipped": asdict(judgement.shipped),
        "genres": {
            one.name: {
                "tracks": one.tracks,
                "precision": one.precision,
                "recall": one.recall,
                "written": one.written,
                "written_right": one.written_right,
            }
            for one in judgement.genres
        },
    }
