"""Group k-fold over the training clips: what a recipe is worth on albums it has not heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from audiotag.errors import UsageError
from audiotag.training.archive import MelArchive
from audiotag.training.calibrate import album_groups, group_folds
from audiotag.training.figures import Figures, figures
from audiotag.training.tracks import LabelledTracks, predicting
from audiotag.training.train import Course, train


def cross_validate(
    archive: MelArchive, course: Course, folds: int, say: Callable[[str], None]
) -> list[Figures]:
    """Train on all folds but one and judge by that one, for each in turn; `val` has no part in it.

    An album, by neighbouring track ids, is on one side only. The figures are of the network
    in 32 bits, the windows averaged per track. Raises what train() raises, and UsageError for fewer
    than two folds or more than there are albums.
    """
    clips = archive.select("train")
    course = replace(course, checkpoint=None, resume=False)
    albums = album_groups(clips.track_id)
    if not 2 <= folds <= len(np.unique(albums)):
        raise UsageError(f"--folds {folds}: 2 to {len(np.unique(albums))}, as many as train has albums")
    found = []
    for number, (_, fold) in enumerate(group_folds(albums, folds), start=1):
        split = np.full(len(clips), "train")
        split[fold] = "val"
        relabelled = replace(clips, split=split)
        trained = train(relabelled, course, lambda line: None)
        tracks = LabelledTracks.of(relabelled.select("val"), clips.genres, course.spec.frames)
        found.append(figures(tracks.answers(predicting(trained.network)).mean(), tracks.labels))
        say(f"fold {number} of {folds}: {len(fold)} clips, top-1 {found[-1].top1:.4f}")
    return found
