"""Group k-fold over the training clips: what a recipe is worth on albums it was not trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from audiotag.errors import UsageError
from audiotag.training.archives.collections import Collection
from audiotag.training.archives.groups import group_folds
from audiotag.training.evaluation.figures import Figures, figures
from audiotag.training.learning.corpus import Corpus, is_judged_apart
from audiotag.training.train import TrainConfig, train


def cross_validate(
    corpus: Corpus, course: TrainConfig, folds: int, say: Callable[[str], None]
) -> list[dict[str, Figures]]:
    """Train on all folds but one of each collection that has a `val`, and judge by that one, for each in
    turn; `val` itself has no part in it. Returns of each fold, by collection, the figures of its tracks
    among the collection's own genres.

    An album or artist is on one side only. The figures are of the network before calibration, the windows
    averaged per track. Raises what train() raises, and UsageError for fewer than two folds or more than
    there are groups.
    """
    course = replace(course, checkpoint=None, resume=False)
    fewest = min(
        len(np.unique(one.clips.select("train").group)) for one in corpus.known if is_judged_apart(one)
    )
    if not 2 <= folds <= fewest:
        raise UsageError(f"--folds {folds}: 2 to {fewest}, as many as train has albums")
    found = []
    for number in range(folds):
        part = Corpus(tuple(_fold(one, number, folds) for one in corpus.collections), corpus.styles)
        judged = train(part, course, lambda line: None).fitted.judged
        by_collection = {}
        for place, (name, own) in enumerate(part.vocabulary.items()):
            mine = judged.collection == place
            closed = np.array([part.genres.index(genre) for genre in own])
            labels = np.searchsorted(closed, judged.labels[mine])
            by_collection[name] = figures(judged.probabilities[mine][:, closed], labels)
        found.append(by_collection)
        told = ", ".join(f"{name} top-1 {one.top1:.4f}" for name, one in by_collection.items())
        say(f"fold {number + 1} of {folds}: {told}")
    return found


def _fold(one: Collection, number: int, folds: int) -> Collection:
    """The collection with fold `number` of its `train` as `val`, or as it is where it has no `val`."""
    if not is_judged_apart(one):
        return one
    clips = one.clips.select("train")
    _, left = list(group_folds(clips.group, folds))[number]
    split = np.full(len(clips), "train")
    split[left] = "val"
    return Collection(one.name, replace(clips, split=split))
