"""Fine-tuning: a corpus and initial weights → a trained network.

First the heads learn alone on what the untouched trunk makes of the clips, then all parts
together, each at its own rate (learning/phases.py). After every epoch of that the run is on disk
(learning/checkpoint.py) and goes on from there when it is resumed. At the end embedding, experts and gate
are fitted (outputs/fit.py).

Nothing here depends on the Keras backend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiotag.errors import ArchiveError, UsageError, one_line
from audiotag.model.initial_weights import load_initial_weights
from audiotag.model.network import NetworkSpec, build_network
from audiotag.text import printable
from audiotag.training.archives.archive import cut
from audiotag.training.archives.tracks import LabelledTracks
from audiotag.training.learning.checkpoint import Checkpoint, Progress
from audiotag.training.learning.corpus import Corpus, is_judged_apart, labelled_clips
from audiotag.training.learning.norm_statistics import (
    refit_pooled_statistics,
    set_trunk_statistics,
    settle_new_norms,
)
from audiotag.training.learning.phases import Clock, Say, TrainingData, TrainState, learn_all, learn_head
from audiotag.training.learning.student import Teachers
from audiotag.training.outputs.fit import Fitted, fit_outputs
from audiotag.training.recipe import Recipe

if TYPE_CHECKING:
    import keras

_SETTLE_WINDOWS = 512  # for the trunk's norms
_SETTLE_CLIPS = 1200  # for the head's norm on windows of another width


@dataclass(frozen=True)
class TrainConfig:
    """What a run is made of. spec: of the network. init: initial weights, or None to start from nothing.
    checkpoint: where it stands between epochs, or None. resume: go on from there."""

    spec: NetworkSpec
    recipe: Recipe
    init: Path | None = None
    checkpoint: Checkpoint | None = None
    resume: bool = False


@dataclass(frozen=True)
class Trained:
    """What training gives: a network in 32 bits for whole windows, each weight one of 16 bits; its
    styles, and what it says of the tracks that judge it; what happened in each epoch of the trunk phase
    (loss, and top-1 of each collection's `val` by its own windows); and the minutes."""

    network: keras.Model
    fitted: Fitted
    history: list[dict[str, float]]
    minutes: float


def train(corpus: Corpus, course: TrainConfig, say: Say) -> Trained:
    """Train on the `train` split, say how `val` fares after each epoch.

    Raises ArchiveError when the archive's bands are not the network's, initial weights or checkpoint do
    not fit, or an unfinished run would be lost; UsageError when the recipe does not fit the architecture.
    """
    recipe, spec = course.recipe, course.spec
    _check(corpus, course)
    import keras  # only now: it is slow, and TensorFlow talks

    clock, progress = Clock(), Progress()
    resuming = course.resume and course.checkpoint is not None and course.checkpoint.begun()
    if course.checkpoint is not None and not course.resume:
        course.checkpoint.begin()
    keras.utils.set_random_seed(recipe.seed)
    learnt = corpus.learnt()
    lesson = TrainingData(learnt, recipe, Teachers.of(learnt.targets))
    whole = _build(spec, recipe.dtype)
    if not resuming:
        _start(whole, learnt.mel, course, say)
        if recipe.head.epochs and spec.arch == "resnet50":
            learn_head(whole, lesson, course.checkpoint, course.resume, say)
    if recipe.trunk.epochs:
        narrow = _build(replace(spec, frames=_frames(spec, recipe)), recipe.dtype)
        if not resuming:
            _narrow(narrow, whole, learnt.mel, recipe)
        way = TrainState(_judged(corpus, narrow), course.checkpoint, resuming, progress, clock, say)
        progress = learn_all(narrow, lesson, way)
        if progress.averaged:
            narrow.set_weights([(w / progress.averaged).astype(np.float32) for w in progress.average])
        whole.set_weights(narrow.get_weights())
        refit_pooled_statistics(whole, narrow, _some(learnt.mel, recipe.seed, _SETTLE_CLIPS))
    network = _build(spec, "float32")
    network.set_weights(whole.get_weights())
    network, found = fit_outputs(network, spec, corpus, recipe, say)
    return Trained(network, found, progress.history, clock.minutes())


def _check(corpus: Corpus, course: TrainConfig) -> None:
    spec, bands = course.spec, corpus.first.mel.shape[1]
    if bands != spec.bands:
        raise ArchiveError(f"the archive has {bands} mel bands, the network {spec.bands}")
    if spec.arch != "resnet50" and (spec.embedding or _frames(spec, course.recipe) != spec.frames):
        raise UsageError(f"recipe: embedding and frames are 0 with {spec.arch}")


def _frames(spec: NetworkSpec, recipe: Recipe) -> int:
    """Of the windows of the trunk phase."""
    return min(recipe.frames or spec.frames, spec.frames)


def _judged(corpus: Corpus, network: keras.Model) -> dict[str, LabelledTracks]:
    frames = network.input.shape[2]
    return {
        one.name: LabelledTracks.of(labelled_clips(one.clips, "val"), corpus.genres, frames)
        for one in corpus.known
        if is_judged_apart(one)
    }


def _build(spec: NetworkSpec, dtype: str) -> keras.Model:
    """The network, its weights in 32 bits, computing in `dtype`."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if dtype == "bfloat16" else "float32")
    try:
        return build_network(spec)
    finally:
        keras.config.set_dtype_policy(before)


def _start(network: keras.Model, mel: np.ndarray, course: TrainConfig, say: Say) -> None:
    if course.init is None:
        return
    try:
        filled = load_initial_weights(network, course.init)
    except Exception as fault:  # a damaged file brings about anything, as in load_archive
        path = printable(course.init)
        raise ArchiveError(f"{path}: no initial weights for this network ({one_line(fault)})") from fault
    say(f"{len(filled)} layers begin as in {course.init.name}")
    windows = cut(_some(mel, course.recipe.seed, _SETTLE_WINDOWS // 4), 0, network.input.shape[2])
    settle_new_norms(network, filled, windows)


def _narrow(narrow: keras.Model, whole: keras.Model, mel: np.ndarray, recipe: Recipe) -> None:
    """Make `narrow` the network `whole` for its own windows, and its norms ready to learn."""
    narrow.set_weights(whole.get_weights())
    set_trunk_statistics(narrow, cut(_some(mel, recipe.seed, _SETTLE_WINDOWS), 0, narrow.input.shape[2]))
    refit_pooled_statistics(narrow, whole, _some(mel, recipe.seed, _SETTLE_CLIPS))


def _some(mel: np.ndarray, seed: int, count: int) -> np.ndarray:
    """At most `count` of the clips."""
    return np.asarray(mel[np.sort(np.random.default_rng(seed).permutation(len(mel))[:count])])
