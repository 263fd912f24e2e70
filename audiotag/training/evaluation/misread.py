"""The tracks that a model got wrong, as CSV."""

from __future__ import annotations

import csv
from typing import TextIO

import numpy as np

from audiotag.training.evaluation.evaluate import Evaluation


def misread_columns(genres: tuple[str, ...]) -> tuple[str, ...]:
    """track_id; a percentage per genre; label; top1, top3: 1 where the label is the first answer,
    or among the first three; predicted."""
    return ("track_id", *genres, "label", "top1", "top3", "predicted")


def write_misread(evaluation: Evaluation, file: TextIO) -> int:
    """Write the misread tracks, the surest mistake first; returns how many there are."""
    rows = csv.writer(file)
    rows.writerow(misread_columns(evaluation.genres))
    wrong = np.flatnonzero(~evaluation.right)
    for i in wrong[np.argsort(-evaluation.confidence[wrong], kind="stable")]:
        probabilities = evaluation.probabilities[i]
        ranked = np.argsort(-probabilities, kind="stable")
        label = evaluation.labels[i]
        rows.writerow(
            [
                int(evaluation.track_id[i]),
                *(f"{100 * p:.1f}" for p in probabilities),
                evaluation.genres[label],
                0,
                int(label in ranked[:3]),
                evaluation.genres[ranked[0]],
            ]
        )
    return len(wrong)
