"""The two phases of training: the head alone on an untouched trunk, then all parts together.

Beside the genre both learn the VGGish embedding of a clip, by a head that is thrown away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from audiotag.training.batches import (
    VGGISH_SIZE,
    Targets,
    batches_per_epoch,
    feature_batches,
    window_batches,
)
from audiotag.training.checkpoint import Checkpoint, Progress
from audiotag.training.figures import figures
from audiotag.training.norm_statistics import keep_norms, set_pooled_statistics
from audiotag.training.optimizer import freeze_unwanted, layered_adamw
from audiotag.training.recipe import Phase, Recipe
from audiotag.training.tracks import LabelledTracks, predicting
from audiotag.training.views import cut_network, random_view

if TYPE_CHECKING:
    import keras

Say = Callable[[str], None]


def _vggish_head() -> keras.Layer:
    import keras

    return keras.layers.Dense(VGGISH_SIZE, name="vggish", dtype="float32")


@dataclass(frozen=True)
class TrainingData:
    """What is learnt, and how: clips' mel (n, bands, columns) uint8 and their targets.
    teacher: the head that regresses their VGGish embeddings."""

    mel: np.ndarray
    targets: Targets
    recipe: Recipe
    teacher: keras.Layer = field(default_factory=_vggish_head)


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
    """Train the head of `network` on what its trunk makes of random views of the clips.

    With a checkpoint the views are kept beside it, and with `resume` those that are there are used.
    """
    trunk, head = cut_network(network, "pooled")
    recipe, views = lesson.recipe, []
    for view in range(recipe.views):
        make = partial(random_view, trunk, lesson.mel, recipe, view)
        views.append(make() if checkpoint is None else checkpoint.view(view + 1, make, resume))
        say(f"untouched trunk: view {view + 1} of {recipe.views}")
    fit_head(head, lesson, np.stack(views))
    say(f"head: {recipe.head.epochs} epochs")


def fit_head(head: keras.Model, lesson: TrainingData, views: np.ndarray) -> None:
    """Train a head, from `pooled` on, on features (views, n, features)."""
    recipe = lesson.recipe
    set_pooled_statistics(head, views.reshape(-1, views.shape[-1]))
    keep_norms(head, trunk=False)
    student = _student(head, lesson.teacher)
    steps = batches_per_epoch(len(lesson.targets), recipe.head)
    # Its rate is the phase's own: the factors are for the phase that trains all parts together.
    alone = replace(recipe, rates=replace(recipe.rates, head=1.0))
    _compile(student, recipe.head, alone, steps)
    for epoch in range(recipe.head.epochs):
        _one_epoch(student, feature_batches(views, lesson.targets, recipe, epoch), steps)


@dataclass(frozen=True)
class TrainState:
    """How the trunk phase goes: judged after each epoch by `judged`, kept in `checkpoint`, gone on
    from there if `resuming`; `progress` is where it begins otherwise."""

    judged: LabelledTracks
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
    student = _student(network, lesson.teacher)
    steps = batches_per_epoch(len(lesson.mel), phase)
    _compile(student, phase, recipe, steps)
    progress, begun = way.progress, clock.seconds()
    if way.resuming and way.checkpoint is not None:
        progress = way.checkpoint.load(student)
        clock.before = progress.minutes
        way.say(f"resumed after epoch {len(progress.history)} of {phase.epochs}")
    for epoch in range(len(progress.history), phase.epochs):
        batches = window_batches(lesson.mel, network.input.shape[2], lesson.targets, recipe, epoch)
        loss = _one_epoch(student, batches, steps)
        if phase.epochs - epoch <= recipe.average:
            progress.add(network.get_weights())
        found = figures(way.judged.answers(predicting(network)).mean(), way.judged.labels)
        progress.history.append({"loss": loss, "val_top1": found.top1, "val_top3": found.top3})
        progress.minutes = clock.minutes()
        if way.checkpoint is not None:
            way.checkpoint.save(student, progress)
        way.say(
            f"epoch {epoch + 1} of {phase.epochs}: loss {loss:.3f}, val top-1 {found.top1:.3f}, "
            f"top-3 {found.top3:.3f}, {clock.seconds() - begun:.0f} s"
        )
    return progress


def _student(part: keras.Model, teacher: keras.Layer) -> keras.Model:
    """A part of the network with the teacher's head beside its own, ready to compile."""
    import keras

    probabilities, embedding = part.outputs
    return keras.Model(part.input, {"probabilities": probabilities, "vggish": teacher(embedding)})


def _compile(student: keras.Model, phase: Phase, recipe: Recipe, steps: int) -> None:
    import keras

    student.compile(
        layered_adamw(student, phase, recipe.rates, steps, recipe.weight_decay),
        loss={
            "probabilities": keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
            "vggish": "mse",
        },
        loss_weights={"probabilities": 1.0, "vggish": recipe.distillation},
    )


def _one_epoch(student: keras.Model, batches: Any, steps: int) -> float:
    """Returns the mean loss."""
    # Shuffled already: Keras would warn that it cannot.
    done = student.fit(batches, steps_per_epoch=steps, epochs=1, verbose=0, shuffle=False)
    return float(done.history["loss"][0])
