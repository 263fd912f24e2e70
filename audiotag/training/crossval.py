"""Group k-fold over the training clips: what a recipe is worth on albums it has not heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from audiotag.errors import UsageError
from audiotag.training.archive import MelArchive
from audiotag.training.balance import balanced, fit_balance
from audiotag.training.calibrate import album_groups, group_folds
from audiotag.training.figures import Figures, figures
from audiotag.training.tracks import LabelledTracks, predicting
from audiotag.training.train import TrainConfig, train

# Of each fold's tracks: probabilities (n, genres) and labels (n,) int.
_Judged = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Folds:
    """plain: the figures of each fold. balanced: with the balance (balance.py) that the other folds'
    tracks ask for. balance (genres,): what those of all folds ask for, in the order of the genres.

    It is found for, and here added to, a track's mean over windows and members; train() adds it to each
    member's logits, window by window, which comes to nearly the same."""

    plain: list[Figures]
    balanced: list[Figures]
    balance: np.ndarray


def cross_validate(archive: MelArchive, course: TrainConfig, folds: int, say: Callable[[str], None]) -> Folds:
    """Train on all folds but one and judge by that one, for each in turn; `val` has no part in it.

    An album, by neighbouring track ids, is on one side only. The figures are of the network
    in 32 bits, the windows averaged per track; a balance in the recipe is left out. Raises what
    train() raises, and UsageError for fewer than two folds or more than there are albums.
    """
    clips = archive.select("train")
    recipe = replace(course.recipe, balance=())
    course = replace(course, recipe=recipe, checkpoint=None, resume=False)
    albums = album_groups(clips.track_id)
    if not 2 <= folds <= len(np.unique(albums)):
        raise UsageError(f"--folds {folds}: 2 to {len(np.unique(albums))}, as many as train has albums")
    judged: _Judged = []
    for number, (_, fold) in enumerate(group_folds(albums, folds), start=1):
        split = np.full(len(clips), "train")
        split[fold] = "val"
        relabelled = replace(clips, split=split)
        trained = train(relabelled, course, lambda line: None)
        tracks = LabelledTracks.of(relabelled.select("val"), clips.genres, course.spec.frames)
        judged.append((tracks.answers(predicting(trained.network)).mean(), tracks.labels))
        say(f"fold {number} of {folds}: {len(fold)} clips, top-1 {figures(*judged[-1]).top1:.4f}")
    return summarise(judged)


def summarise(judged: _Judged) -> Folds:
    """At least two folds' probabilities and labels → their figures and the balance."""
    return Folds(
        plain=[figures(*fold) for fold in judged],
        balanced=[
            figures(balanced(fold[0], _balance(judged[:number] + judged[number + 1 :])), fold[1])
            for number, fold in enumerate(judged)
        ],
        balance=_balance(judged),
    )


def _balance(judged: _Judged) -> np.ndarray:
    return fit_balance(*(np.concatenate(part) for part in zip(*judged, strict=True)))
