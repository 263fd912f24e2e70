"""Fine-tuning: a mel archive and initial weights → a trained network.

First the head learns alone on what the untouched trunk makes of the clips (views.py),
then all parts together, each at its own rate (optimizer.py). After every epoch of that
the run is on disk (checkpoint.py) and goes on from there when it is resumed.

Nothing here depends on the Keras backend.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audiotag.errors import ArchiveError
from audiotag.model.network import NetworkSpec, build_network, load_initial_weights
from audiotag.training.archive import MelArchive, cut
from audiotag.training.batches import (
    VGGISH_SIZE,
    Targets,
    batches_per_epoch,
    feature_batches,
    window_batches,
)
from audiotag.training.checkpoint import Checkpoint, Progress
from audiotag.training.figures import figures
from audiotag.training.optimizer import freeze_unwanted, layered_adamw
from audiotag.training.recipe import Phase, Recipe
from audiotag.training.settle import keep_norms, settle_pooled_norm, settle_trunk_norms, settle_wider
from audiotag.training.tracks import LabelledTracks, predicting
from audiotag.training.views import cut_network, random_view

if TYPE_CHECKING:
    import keras

Say = Callable[[str], None]

_SETTLE_WINDOWS = 512  # for the trunk's norms
_SETTLE_CLIPS = 1200  # for the head's norm on whole windows


@dataclass(frozen=True)
class Course:
    """What a run is made of. init: initial weights, or None to start from nothing.
    checkpoint: where it stands between epochs, or None. resume: go on from there."""

    spec: NetworkSpec
    recipe: Recipe
    init: Path | None = None
    checkpoint: Checkpoint | None = None
    resume: bool = False


@dataclass(frozen=True)
class Trained:
    """What training gives: a network in 32 bits for whole windows, what happened in each epoch of
    the trunk phase (loss, val_top1, val_top3), and the minutes it took."""

    network: keras.Model
    history: list[dict[str, float]]
    minutes: float


def train(archive: MelArchive, course: Course, say: Say) -> Trained:
    """Train on the `train` split, say how `val` fares after each epoch.

    Raises ArchiveError when a split is missing, `val` has a genre that `train` lacks, the archive's
    bands are not the network's, or initial weights or checkpoint do not fit.
    """
    import keras

    spec, recipe = course.spec, course.recipe
    if archive.mel.shape[1] != spec.bands:
        raise ArchiveError(f"the archive has {archive.mel.shape[1]} mel bands, the network {spec.bands}")
    fit, val = archive.select("train"), archive.select("val")
    clock = _Clock(time.monotonic())
    resuming = course.resume and course.checkpoint is not None and course.checkpoint.begun()
    keras.utils.set_random_seed(recipe.seed)
    narrow = replace(spec, frames=min(recipe.frames or spec.frames, spec.frames))
    judged = LabelledTracks.of(val, fit.genres, narrow.frames)
    network = _build(narrow, recipe.dtype)
    teacher = keras.layers.Dense(VGGISH_SIZE, name="vggish", dtype="float32")
    targets = Targets.of(fit, fit.genres)
    if not resuming:
        _start(network, course, fit.mel, say)
        if recipe.head.epochs and spec.arch == "resnet50":
            _learn_head(network, teacher, fit.mel, targets, course, say)
    keep_norms(network, trunk=recipe.norms == "keep")
    freeze_unwanted(network, recipe.rates)
    lesson = _Lesson(network, teacher, narrow.frames, fit.mel, targets)
    progress = _learn_all(lesson, judged, course, resuming, clock, say)
    whole = _build(spec, "float32")
    if progress.averaged:
        network.set_weights([(total / progress.averaged).astype(np.float32) for total in progress.average])
    whole.set_weights(network.get_weights())
    if narrow.frames != spec.frames:
        settle_wider(whole, network, fit.mel[_some(fit.mel, recipe.seed, _SETTLE_CLIPS)])
    return Trained(whole, progress.history, clock.minutes())


@dataclass
class _Clock:
    """started: of this run, monotonic, s. before: minutes that earlier ones took, if it is resumed."""

    started: float
    before: float = 0.0

    def minutes(self) -> float:
        """Of all runs."""
        return self.before + (time.monotonic() - self.started) / 60


def _build(spec: NetworkSpec, dtype: str) -> keras.Model:
    """The network, its weights in 32 bits, computing in `dtype`."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if dtype == "bfloat16" else "float32")
    try:
        return build_network(spec)
    finally:
        keras.config.set_dtype_policy(before)


def _start(network: keras.Model, course: Course, mel: np.ndarray, say: Say) -> None:
    if course.init is not None:
        try:
            count = load_initial_weights(network, course.init)
        except Exception as fault:  # a damaged file brings about anything, as in load_archive
            raise ArchiveError(f"{course.init}: no initial weights for this network ({fault})") from fault
        say(f"{count} initial arrays from {course.init.name}")
    if course.recipe.trunk.epochs == 0:
        return  # nothing will learn from batches
    some = mel[_some(mel, course.recipe.seed, _SETTLE_WINDOWS)]
    settle_trunk_norms(network, cut(some, 0, network.input.shape[2]))


def _some(mel: np.ndarray, seed: int, count: int) -> np.ndarray:
    """Positions of at most `count` clips."""
    return np.sort(np.random.default_rng(seed).permutation(len(mel))[:count])


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


def _learn_head(
    network: keras.Model, teacher: keras.Layer, mel: np.ndarray, targets: Targets, course: Course, say: Say
) -> None:
    trunk, head = cut_network(network, "pooled")
    recipe, views = course.recipe, []
    for view in range(recipe.views):
        make = partial(random_view, trunk, mel, recipe, view)
        kept = course.checkpoint
        views.append(make() if kept is None else kept.view(view + 1, make, course.resume))
        say(f"untouched trunk: view {view + 1} of {recipe.views}")
    learn_head(head, teacher, np.stack(views), targets, recipe)
    say(f"head: {recipe.head.epochs} epochs")


def learn_head(
    head: keras.Model, teacher: keras.Layer, views: np.ndarray, targets: Targets, recipe: Recipe
) -> None:
    """Train a head, from `pooled` on, on features (views, n, features)."""
    settle_pooled_norm(head, views.reshape(-1, views.shape[-1]))
    keep_norms(head, trunk=False)
    student = _student(head, teacher)
    steps = batches_per_epoch(len(targets), recipe.head)
    # Its rate is the phase's own: the factors are for the phase that trains all parts together.
    alone = replace(recipe, rates=replace(recipe.rates, head=1.0))
    _compile(student, recipe.head, alone, steps)
    for epoch in range(recipe.head.epochs):
        _one_epoch(student, feature_batches(views, targets, recipe, epoch), steps)


@dataclass(frozen=True)
class _Lesson:
    """Who learns what: the clips' mel (n, bands, columns) in windows of `frames`."""

    network: keras.Model
    teacher: keras.Layer
    frames: int
    mel: np.ndarray
    targets: Targets


def _learn_all(
    lesson: _Lesson, judged: LabelledTracks, course: Course, resuming: bool, clock: _Clock, say: Say
) -> Progress:
    recipe, checkpoint = course.recipe, course.checkpoint
    phase, progress = recipe.trunk, Progress()
    if phase.epochs == 0:
        return progress
    student = _student(lesson.network, lesson.teacher)
    steps = batches_per_epoch(len(lesson.mel), phase)
    _compile(student, phase, recipe, steps)
    started = time.monotonic()
    if resuming and checkpoint is not None:
        progress = checkpoint.load(student)
        clock.before = progress.minutes
        say(f"resumed after epoch {len(progress.history)} of {phase.epochs}")
    for epoch in range(len(progress.history), phase.epochs):
        batches = window_batches(lesson.mel, lesson.frames, lesson.targets, recipe, epoch)
        loss = _one_epoch(student, batches, steps)
        if phase.epochs - epoch <= recipe.average:
            progress.add(lesson.network.get_weights())
        found = figures(judged.answers(predicting(lesson.network)).mean(), judged.labels)
        seconds = time.monotonic() - started
        progress.history.append({"loss": loss, "val_top1": found.top1, "val_top3": found.top3})
        progress.minutes = clock.minutes()
        if checkpoint is not None:
            checkpoint.save(student, progress)
        say(
            f"epoch {epoch + 1} of {phase.epochs}: loss {loss:.3f}, val top-1 {found.top1:.3f}, "
            f"top-3 {found.top3:.3f}, {seconds:.0f} s"
        )
    return progress
