"""Group k-fold over the training clips: what a recipe is worth on albums it has not heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from audiotag.training.archive import MelArchive
from audiotag.training.calibrate import album_groups, group_folds
from audiotag.training.figures import Figures, figures
from audiotag.training.judge import Judge
from audiotag.training.train import Course, train


def cross_validate(
    archive: MelArchive, course: Course, folds: int, say: Callable[[str], None]
) -> list[Figures]:
    """Train on all folds but one and judge by that one, for each in turn; `val` has no part in it.

    An album, by neighbouring track ids, is on one side only. The figures are of the network
    in 32 bits, the windows averaged per clip. Raises what train() raises.
    """
    clips = archive.select("train")
    course = replace(course, checkpoint=None, resume=False)
    found = []
    for number, (_, fold) in enumerate(group_folds(album_groups(clips.track_id), folds), start=1):
        split = np.full(len(clips), "train")
        split[fold] = "val"
        relabelled = replace(clips, split=split)
        trained = train(relabelled, course, lambda line: None)
        judge = Judge.of(relabelled.select("val"), clips.genres, course.spec.frames)
        found.append(figures(judge.probabilities(trained.network).mean(axis=0), judge.labels))
        say(f"fold {number} of {folds}: {len(fold)} clips, top-1 {found[-1].top1:.4f}")
    return found
