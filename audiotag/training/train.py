"""Fine-tuning: a mel archive and initial weights → a trained network.

First the head learns alone on what the untouched trunk makes of the clips, then all parts
together, each at its own rate (phases.py). After every epoch of that the run is on disk
(checkpoint.py) and goes on from there when it is resumed. Where the recipe wants both,
the network as it was between the two phases stays, and is averaged with the last (model/ensemble.py).

Nothing here depends on the Keras backend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiotag.errors import ArchiveError, UsageError, one_line
from audiotag.model.ensemble import set_member
from audiotag.model.network import NetworkSpec, build_network, load_initial_weights
from audiotag.text import printable
from audiotag.training.archive import MelArchive, cut
from audiotag.training.balance import add_balance
from audiotag.training.batches import Targets
from audiotag.training.checkpoint import Checkpoint, Progress
from audiotag.training.norm_statistics import refit_pooled_statistics, set_trunk_statistics
from audiotag.training.phases import Clock, Say, TrainingData, TrainState, learn_all, learn_head
from audiotag.training.recipe import Recipe
from audiotag.training.tracks import LabelledTracks

if TYPE_CHECKING:
    import keras

_SETTLE_WINDOWS = 512  # for the trunk's norms
_SETTLE_CLIPS = 1200  # for the head's norm on windows of another width


@dataclass(frozen=True)
class TrainConfig:
    """What a run is made of. spec: of one network; whether it is one of two follows from the recipe
    (member_shares). init: initial weights, or None to start from nothing.
    checkpoint: where it stands between epochs, or None. resume: go on from there."""

    spec: NetworkSpec
    recipe: Recipe
    init: Path | None = None
    checkpoint: Checkpoint | None = None
    resume: bool = False


@dataclass(frozen=True)
class Trained:
    """What training gives: a network in 32 bits for whole windows, what happened in each epoch of
    the trunk phase (loss, val_top1, val_top3; of its own windows and member), and the minutes."""

    network: keras.Model
    history: list[dict[str, float]]
    minutes: float


def train(archive: MelArchive, course: TrainConfig, say: Say) -> Trained:
    """Train on the `train` split, say how `val` fares after each epoch.

    Raises ArchiveError when a split is missing, `val` has a genre that `train` lacks, the archive's
    bands are not the network's, initial weights or checkpoint do not fit, or an unfinished run would
    be lost; UsageError when the recipe does not fit the architecture, or its balance not the genres.
    """
    recipe, spec = course.recipe, replace(course.spec, shares=(1.0,))
    shares = member_shares(spec.arch, recipe)
    _check(archive, course)
    import keras  # only now: it is slow, and TensorFlow talks

    fit, val = archive.select("train"), archive.select("val")
    clock, progress = Clock(), Progress()
    resuming = course.resume and course.checkpoint is not None and course.checkpoint.begun()
    if course.checkpoint is not None and not course.resume:
        course.checkpoint.begin()
    keras.utils.set_random_seed(recipe.seed)
    judged = LabelledTracks.of(val, fit.genres, _frames(spec, recipe))
    lesson = TrainingData(fit.mel, Targets.of(fit, fit.genres), recipe)
    whole = _build(spec, recipe.dtype)
    if not resuming:
        _start(whole, course, say)
        if recipe.head.epochs and spec.arch == "resnet50":
            learn_head(whole, lesson, course.checkpoint, course.resume, say)
    if recipe.trunk.epochs:
        narrow = _build(replace(spec, frames=_frames(spec, recipe)), recipe.dtype)
        if not resuming:
            progress.untouched = whole.get_weights() if len(shares) > 1 else []
            _narrow(narrow, whole, fit.mel, recipe)
        way = TrainState(judged, course.checkpoint, resuming, progress, clock, say)
        progress = learn_all(narrow, lesson, way)
        if progress.averaged:
            narrow.set_weights([(w / progress.averaged).astype(np.float32) for w in progress.average])
        whole.set_weights(narrow.get_weights())
        refit_pooled_statistics(whole, narrow, _some(fit.mel, recipe.seed, _SETTLE_CLIPS))
    network = _finished(whole, replace(spec, shares=shares), progress)
    if recipe.balance:
        add_balance(network, recipe.balance)
    return Trained(network, progress.history, clock.minutes())


def member_shares(arch: str, recipe: Recipe) -> tuple[float, ...]:
    """The shares of the networks that a run averages: two, where there are two to be had, because a
    head learnt on the untouched trunk and the trunk learnt after it, and the recipe wants both."""
    both = arch == "resnet50" and recipe.head.epochs > 0 and recipe.trunk.epochs > 0
    # Rounded for the card: 1 - 0.7 is 0.30000000000000004.
    return (recipe.share, round(1 - recipe.share, 12)) if both and recipe.share < 1 else (1.0,)


def _check(archive: MelArchive, course: TrainConfig) -> None:
    spec, recipe = course.spec, course.recipe
    if archive.mel.shape[1] != spec.bands:
        raise ArchiveError(f"the archive has {archive.mel.shape[1]} mel bands, the network {spec.bands}")
    if spec.arch != "resnet50" and (recipe.share != 1 or _frames(spec, recipe) != spec.frames):
        raise UsageError(f"recipe: share is 1 and frames is 0 with {spec.arch}")
    numbers = len(recipe.balance)
    if numbers not in (0, spec.genres):
        raise UsageError(f"recipe: balance has {numbers} numbers, train has {spec.genres} genres")


def _frames(spec: NetworkSpec, recipe: Recipe) -> int:
    """Of the windows of the trunk phase."""
    return min(recipe.frames or spec.frames, spec.frames)


def _build(spec: NetworkSpec, dtype: str) -> keras.Model:
    """The network, its weights in 32 bits, computing in `dtype`."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if dtype == "bfloat16" else "float32")
    try:
        return build_network(spec)
    finally:
        keras.config.set_dtype_policy(before)


def _start(network: keras.Model, course: TrainConfig, say: Say) -> None:
    if course.init is None:
        return
    try:
        count = load_initial_weights(network, course.init)
    except Exception as fault:  # a damaged file brings about anything, as in load_archive
        path = printable(course.init)
        raise ArchiveError(f"{path}: no initial weights for this network ({one_line(fault)})") from fault
    say(f"{count} initial arrays from {course.init.name}")


def _narrow(narrow: keras.Model, whole: keras.Model, mel: np.ndarray, recipe: Recipe) -> None:
    """Make `narrow` the network `whole` for its own windows, and its norms ready to learn."""
    narrow.set_weights(whole.get_weights())
    set_trunk_statistics(narrow, cut(_some(mel, recipe.seed, _SETTLE_WINDOWS), 0, narrow.input.shape[2]))
    refit_pooled_statistics(narrow, whole, _some(mel, recipe.seed, _SETTLE_CLIPS))


def _some(mel: np.ndarray, seed: int, count: int) -> np.ndarray:
    """At most `count` of the clips."""
    return np.asarray(mel[np.sort(np.random.default_rng(seed).permutation(len(mel))[:count])])


def _finished(whole: keras.Model, spec: NetworkSpec, progress: Progress) -> keras.Model:
    """The network in 32 bits, with the members that `spec` has."""
    network = _build(spec, "float32")
    if len(spec.shares) == 1:
        network.set_weights(whole.get_weights())
        return network
    set_member(network, 0, whole)
    whole.set_weights(progress.untouched)
    set_member(network, 1, whole)
    return network
