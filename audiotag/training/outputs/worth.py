"""The figures of a model that its card holds, by collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from audiotag.model.calibration import calibrated, written_genres
from audiotag.training.evaluation.figures import expected_calibration_error
from audiotag.training.outputs.calibrate import Calibration, Judged, at_work, cross_fit

_NOTE = (
    "windows averaged per track; of a collection with a val split that, of another its own clips, by experts "
    "that had not heard their artists; calibration and thresholds were chosen on the same tracks, but for "
    "the figures under cross_fitted, where each track is judged by what the other albums and artists chose"
)


def worth(
    judged: Judged,
    found: Calibration,
    genres: tuple[str, ...],
    collections: Mapping[str, tuple[str, ...]],
) -> Mapping[str, Any]:
    """Of each collection: n tracks, top1 among all genres and top1_closed among its own, ece of the top
    answer, precision and share of what is written; and cross-fitted, those of them that a choice on
    the same tracks would flatter. By genre, over all collections: how many are written, and right."""
    own = calibrated(judged.probabilities, found.scaling)
    written = written_genres(own, found.thresholds)
    apart, apart_written = cross_fit(judged, found.aim)
    return {
        "collections": {
            name: _of_one(number, known, judged, (own, written), (apart, apart_written), genres)
            for number, (name, known) in enumerate(collections.items())
        },
        "genres": {
            genre: _of_genre(number, judged, written, apart_written) for number, genre in enumerate(genres)
        },
        "note": _NOTE,
    }


def _of_one(
    number: int,
    known: tuple[str, ...],
    judged: Judged,
    chosen: tuple[np.ndarray, np.ndarray],
    apart: tuple[np.ndarray, np.ndarray],
    genres: tuple[str, ...],
) -> dict[str, Any]:
    mine = judged.collection == number
    labels = judged.labels[mine]
    closed = np.array([genres.index(genre) for genre in known])

    def figures(probabilities: np.ndarray, written: np.ndarray) -> dict[str, Any]:
        top = probabilities[mine].argmax(axis=1)
        work = at_work(written, judged)[number]
        return {
            "top1": float((top == labels).mean()),
            "ece": expected_calibration_error(probabilities[mine].max(axis=1), top == labels),
            "precision_at_threshold": work["precision"],
            "share_at_threshold": work["share"],
        }

    best = closed[chosen[0][mine][:, closed].argmax(axis=1)]
    return {
        "n": int(mine.sum()),
        "top1_closed": float((best == labels).mean()),
        **figures(*chosen),
        "cross_fitted": figures(*apart),
    }


def _of_genre(number: int, judged: Judged, written: np.ndarray, apart: np.ndarray) -> dict[str, Any]:
    def figures(choice: np.ndarray) -> dict[str, Any]:
        mine = choice == number
        return {"written": int(mine.sum()), "right": int((judged.labels[mine] == number).sum())}

    return {
        "tracks": int((judged.labels == number).sum()),
        **figures(written),
        "cross_fitted": figures(apart),
    }
