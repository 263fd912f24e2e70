"""Honest figures: what a learnt model is worth on tracks of artists that were left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from audiotag.library.records import StoredModel
from audiotag.model.calibration import written_genres


@dataclass(frozen=True)
class WordFigures:
    """A genre. tracks, artists: that have it. precision, recall: of the first answers, as many as a track has
    genres; precision None where it is never among them. threshold: None where it is not written. written,
    written_right: how many tracks would get it, and have it. confused: which other genres its tracks were
    taken for, the most frequent first."""

    name: str
    tracks: int
    artists: int
    precision: float | None
    recall: float
    threshold: float | None
    written: int
    written_right: int
    confused: Mapping[str, int]


@dataclass(frozen=True)
class Worth:
    """top1: the share of the tracks whose first answer they have. coverage: the share of all tracks that
    would get a genre. precision: how often they have it; None where nothing would be written."""

    top1: float
    coverage: float
    precision: float | None


@dataclass(frozen=True)
class CurvePoint:
    """What so many tracks teach, by the same left-out tracks."""

    tracks: int
    top1: float


@dataclass(frozen=True)
class Judgement:
    """tracks: those that have a genre that can be learnt; rest: those that have none, which count where it
    is about what would be written. shipped: what the model that is there already would do with the same
    words, each of its genres taken for the word that fits it best. curve: by parts of the tracks, and all."""

    tracks: int
    rest: int
    genres: tuple[WordFigures, ...]
    own: Worth
    shipped: Worth
    most_frequent: str
    most_frequent_share: float
    curve: tuple[CurvePoint, ...]

    def to_json(self) -> dict[str, Any]:
        """As one object; its keys stay."""
        return asdict(self)


@dataclass(frozen=True)
class LeftOutAnswers:
    """What was said of tracks when they were left out. probabilities (n, genres), calibrated by others;
    written (n,) int, the genre or -1, by others' thresholds; labels (n, genres) bool; groups (n,) int."""

    probabilities: np.ndarray
    written: np.ndarray
    labels: np.ndarray
    groups: np.ndarray

    @property
    def answered(self) -> np.ndarray:
        """(n, genres) bool: the likeliest, as many as the track has genres."""
        place = np.argsort(np.argsort(-self.probabilities, axis=1, kind="stable"), axis=1, kind="stable")
        return np.asarray(place < self.labels.sum(axis=1)[:, None])


def genre_figures(
    names: Sequence[str], thresholds: Sequence[float | None], answers: LeftOutAnswers
) -> tuple[WordFigures, ...]:
    """Of each genre, in their order."""
    answered, labels, written = answers.answered, answers.labels, answers.written
    wrong = answered & ~labels
    found = []
    for genre, name in enumerate(names):
        mine, said, got = labels[:, genre], answered[:, genre], written == genre
        missed = wrong[mine & ~said].sum(axis=0)
        order = np.argsort(-missed, kind="stable")
        found.append(
            WordFigures(
                name,
                int(mine.sum()),
                len(np.unique(answers.groups[mine])),
                float(mine[said].mean()) if said.any() else None,
                float(said[mine].mean()),
                thresholds[genre],
                int(got.sum()),
                int((got & mine).sum()),
                {names[other]: int(missed[other]) for other in order if missed[other]},
            )
        )
    return tuple(found)


def worth(first: np.ndarray, written: np.ndarray, labels: np.ndarray) -> Worth:
    """first, written (n,) int: the answer, and what would be written, -1 for none; labels (n, genres)."""
    known = labels.any(axis=1)
    got = written >= 0
    right = _has(labels, written)
    return Worth(
        float(_has(labels, first)[known].mean()),
        float(got.mean()),
        float(right[got].mean()) if got.any() else None,
    )


def _has(labels: np.ndarray, genre: np.ndarray) -> np.ndarray:
    return np.asarray((genre >= 0) & labels[np.arange(len(labels)), genre])


def shipped_worth(model: StoredModel, said: np.ndarray, labels: np.ndarray) -> Worth:
    """What the model that was there before is worth with the owner's words. said (n, its genres): its
    probabilities. Which word stands for each of its genres these tracks say, which flatters it a little."""
    first = said.argmax(axis=1)
    stands_for = np.full(said.shape[1] + 1, -1)  # the last, -1, for none
    for genre in np.unique(first):
        counts = labels[first == genre].sum(axis=0)
        stands_for[genre] = counts.argmax() if counts.any() else -1
    return worth(stands_for[first], stands_for[written_genres(said, model.thresholds)], labels)


def most_frequent(names: Sequence[str], labels: np.ndarray) -> tuple[str, float]:
    """The genre of the most tracks, and its share of those that have any."""
    counts = labels.sum(axis=0)
    genre = int(counts.argmax())
    return names[genre], float(counts[genre] / labels.any(axis=1).sum())


@dataclass(frozen=True)
class Doubt:
    """A file whose own genres the model thinks unlikely. own: they and how likely; instead: another genre and
    how likely that is; both by a model that had not heard the artist."""

    path: bytes
    own: tuple[tuple[str, float], ...]
    instead: str
    probability: float


def doubts(names: Sequence[str], answers: LeftOutAnswers, paths: Sequence[bytes], count: int) -> list[Doubt]:
    """Those that the model disagrees with most strongly, that first: another genre is so much likelier than
    the likeliest of the file's own."""
    own = np.where(answers.labels, answers.probabilities, -1.0).max(axis=1)
    others = np.where(answers.labels, -1.0, answers.probabilities)
    gap = np.where(answers.labels.any(axis=1), others.max(axis=1) - own, -1.0)
    found = []
    for track in np.argsort(-gap, kind="stable")[:count].tolist():
        if gap[track] <= 0:
            break
        instead = int(others[track].argmax())
        known = [
            (names[g], float(answers.probabilities[track, g]))
            for g in np.flatnonzero(answers.labels[track]).tolist()
        ]
        found.append(Doubt(paths[track], tuple(known), names[instead], float(others[track, instead])))
    return found


def confusion(names: Sequence[str], answers: LeftOutAnswers) -> np.ndarray:
    """(genres, genres) int: a genre's tracks by the genre they were taken for; its own where it was said."""
    answered, labels = answers.answered, answers.labels
    matrix = np.zeros((len(names), len(names)), np.int64)
    for genre in range(len(names)):
        mine = labels[:, genre]
        hit = mine & answered[:, genre]
        matrix[genre] = (answered & ~labels)[mine & ~hit].sum(axis=0)
        matrix[genre, genre] = hit.sum()
    return matrix


def by_tracks(found: Sequence[WordFigures]) -> list[WordFigures]:
    """Most tracks first."""
    return sorted(found, key=lambda one: (-one.tracks, one.name))


def of_kinds(grouped: Mapping[str, int]) -> str:
    """What was left out together, in words: 'whole artists (12 tracks without one: albums)'."""
    kinds = Counter(grouped)
    order = [kind for kind in ("artist", "album", "folder") if kinds[kind]]
    first = order[0]
    if len(order) == 1:
        return f"whole {first}s"
    rest = ", ".join(f"{kinds[kind]:,} tracks by {kind}" for kind in order[1:])
    return f"whole {first}s ({rest}, for want of better)"
