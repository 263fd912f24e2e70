"""The two phases of training: the heads alone on an untouched trunk, then all parts together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from audiotag.training.archives.tracks import LabelledTracks, predicting
from audiotag.training.learning.batches import batches_per_epoch, feature_batches, window_batches
from audiotag.training.learning.checkpoint import Checkpoint, Progress
from audiotag.training.learning.norm_statistics import keep_norms, set_pooled_statistics
from audiotag.training.learning.optimizer import freeze_unwanted
from audiotag.training.learning.student import Teachers, compile_student, student_of
from audiotag.training.learning.targets import TrainingSet
from audiotag.training.learning.views import cut_network, random_view
from audiotag.training.recipe import Recipe

if TYPE_CHECKING:
    import keras

Say = Callable[[str], None]


@dataclass(frozen=True)
class TrainingData:
    """What is learnt, and how."""

    clips: TrainingSet
    recipe: Recipe
    teachers: Teachers


@dataclass
class Clock:
    """started: of this run, monotonic, s. before: minutes that earlier ones took, if it is resumed."""

    started: float = field(default_factory=lambda: time.monotonic())
    before: float = 0.0

    def seconds(self) -> float:
        """Of this run."""
        return time.monotonic() - self.started

    def minutes(self) -> float:
        """Of all runs."""
        return self.before + self.seconds() / 60


def learn_head(
    network: keras.Model, lesson: TrainingData, checkpoint: Checkpoint | None, resume: bool, say: Say
) -> None:
    """Train the heads of `network` on what its trunk makes of random views of the clips.

    With a checkpoint the views are kept beside it, and with `resume` those that are there are used.
    """
    trunk, recipe, views = cut_network(network, "pooled"), lesson.recipe, []
    for view in range(recipe.views):
        make = partial(random_view, trunk, lesson.clips.mel, recipe, view)
        views.append(make() if checkpoint is None else checkpoint.view(view + 1, make, resume))
        say(f"untouched trunk: view {view + 1} of {recipe.views}")
    fit_head(network, lesson, np.stack(views))
    say(f"head: {recipe.head.epochs} epochs")


def fit_head(network: keras.Model, lesson: TrainingData, views: np.ndarray) -> None:
    """Train the heads, from `pooled` on, on features (views, n, features)."""
    recipe = lesson.recipe
    set_pooled_statistics(network, views.reshape(-1, views.shape[-1]))
    keep_norms(network, trunk=False)
    student = student_of(network, "pooled", lesson.teachers)
    steps = batches_per_epoch(len(lesson.clips), recipe.head)
    # Their rate is the phase's own: the factors are for the phase that trains all parts together.
    alone = replace(recipe, rates=replace(recipe.rates, head=1.0))
    compile_student(student, recipe.head, alone, steps)
    for epoch in range(recipe.head.epochs):
        _one_epoch(student, feature_batches(views, lesson.clips, recipe, epoch), steps)


@dataclass(frozen=True)
class TrainState:
    """How the trunk phase goes: judged after each epoch by `judged`, the tracks of each collection's
    `val`, kept in `checkpoint`, gone on from there if `resuming`; `progress` is where it begins otherwise."""

    judged: Mapping[str, LabelledTracks]
    checkpoint: Checkpoint | None
    resuming: bool
    progress: Progress
    clock: Clock
    say: Say


def learn_all(network: keras.Model, lesson: TrainingData, way: TrainState) -> Progress:
    """Train all parts of `network` together, on windows of its width; returns how it went.

    Raises ArchiveError for a checkpoint that does not fit.
    """
    recipe, phase, clock = lesson.recipe, lesson.recipe.trunk, way.clock
    keep_norms(network, trunk=recipe.norms == "keep")
    freeze_unwanted(network, recipe.rates)
    student = student_of(network, None, lesson.teachers)
    logits = cut_network(network, "logits")
    steps = batches_per_epoch(len(lesson.clips), phase)
    compile_student(student, phase, recipe, steps)
    progress, begun = way.progress, clock.seconds()
    if way.resuming and way.checkpoint is not None:
        progress = way.checkpoint.load(student)
        clock.before = progress.minutes
        way.say(f"resumed after epoch {len(progress.history)} of {phase.epochs}")
    for epoch in range(len(progress.history), phase.epochs):
        batches = window_batches(lesson.clips, network.input.shape[2], recipe, epoch)
        loss = _one_epoch(student, batches, steps)
        if phase.epochs - epoch <= recipe.average:
            progress.add(network.get_weights())
        found = {name: _top1(one, logits) for name, one in way.judged.items()}
        progress.history.append({"loss": loss, **{f"{name}_top1": top1 for name, top1 in found.items()}})
        progress.minutes = clock.minutes()
        if way.checkpoint is not None:
            way.checkpoint.save(student, progress)
        told = ", ".join(f"{name} top-1 {top1:.3f}" for name, top1 in found.items())
        way.say(
            f"epoch {epoch + 1} of {phase.epochs}: loss {loss:.3f}, {told}, {clock.seconds() - begun:.0f} s"
        )
    return progress


def _top1(tracks: LabelledTracks, logits: keras.Model) -> float:
    """How many of a collection's tracks are right, among its own genres."""
    found = tracks.mean(predicting(logits))
    own = np.unique(tracks.labels)
    return float((own[found[:, own].argmax(axis=1)] == tracks.labels).mean())


def _one_epoch(student: keras.Model, batches: Any, steps: int) -> float:
    """Returns the mean loss."""
    # Shuffled already: Keras would warn that it cannot.
    done = student.fit(batches, steps_per_epoch=steps, epochs=1, verbose=0, shuffle=False)
    return float(done.history["loss"][0])
