"""Fine-tuning: a mel archive and initial weights → a trained network.

The stages up to `recipe.frozen` keep their initial weights, so what they make of the
clips is computed once (views.py). On that the head learns first, the rest of the
trunk untouched; then the stages above the frozen ones, gently, together with it.

Nothing here depends on the Keras backend.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from audiotag.errors import ArchiveError
from audiotag.model.network import STAGE_ENDS, NetworkSpec, build_network, load_initial_weights
from audiotag.training.archive import MelArchive, cut, window_offsets
from audiotag.training.augment import mixup
from audiotag.training.figures import Figures, figures
from audiotag.training.recipe import Phase, Recipe
from audiotag.training.views import VGGISH_SIZE, Say, ViewPlan, Views, cut_network, make_views, through

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Trained:
    """What training gives. probabilities (n, genres), labels (n,): of the `val` split, a track a row."""

    network: keras.Model
    figures: Figures
    probabilities: np.ndarray
    labels: np.ndarray
    minutes: float


@dataclass(frozen=True)
class _Lesson:
    """One phase's material: what the trainable part gets of `train` and of `val` (a list of windows).

    teacher: the layer that regresses the VGGish embedding, the same one in each phase.
    """

    part: keras.Model
    teacher: keras.Layer
    views: Views
    val_windows: list[np.ndarray]
    val_labels: np.ndarray

    def val_probabilities(self) -> np.ndarray:
        """(n, genres), the mean over each track's windows."""
        windows = [self.part.predict(maps, batch_size=64, verbose=0)[0] for maps in self.val_windows]
        return np.asarray(np.mean(windows, axis=0))


def train(archive: MelArchive, spec: NetworkSpec, recipe: Recipe, init: Path | None, say: Say) -> Trained:
    """Train on the `train` split, report on `val` after each epoch; `say` gets a line now and then.

    Raises ArchiveError when a split is missing or the archive's bands are not the network's.
    """
    import keras

    started = time.monotonic()
    if archive.mel.shape[1] != spec.bands:
        raise ArchiveError(f"the archive has {archive.mel.shape[1]} mel bands, the network {spec.bands}")
    fit, val, genres = archive.select("train"), archive.select("val"), archive.genres
    keras.utils.set_random_seed(recipe.seed)
    network = build_network(spec)
    if init is not None:
        try:
            say(f"{load_initial_weights(network, init)} initial arrays from {init.name}")
        except (OSError, ValueError, BadZipFile) as fault:
            raise ArchiveError(f"{init}: no initial weights for this network ({fault})") from fault
    frozen, upper = cut_network(network, STAGE_ENDS[recipe.frozen])
    _, head = cut_network(network, "pooled")
    middle = keras.Model(
        network.get_layer(STAGE_ENDS[recipe.frozen]).output, network.get_layer("pooled").output
    )
    plan = ViewPlan(recipe.views, spec.frames, recipe.augmentation, recipe.seed)
    views = make_views(frozen, fit, genres, plan, say)
    offsets = window_offsets(val.mel.shape[2], spec.frames)
    val_maps = [through(frozen, cut(val.mel, offset, spec.frames)) for offset in offsets]

    labels = val.labels(genres)
    teacher = keras.layers.Dense(VGGISH_SIZE, name="vggish")
    pooled = views.through(middle)
    _settle_norms(network, pooled)
    lesson = _Lesson(head, teacher, pooled, [through(middle, maps) for maps in val_maps], labels)
    _learn(lesson, recipe, recipe.head, say)
    lesson = _Lesson(upper, teacher, views, val_maps, labels)
    _learn(lesson, recipe, recipe.trunk, say)

    probabilities = lesson.val_probabilities()
    minutes = (time.monotonic() - started) / 60
    return Trained(network, figures(probabilities, labels), probabilities, labels, minutes)


def _settle_norms(network: keras.Model, pooled: Views) -> None:
    """No norm learns from batches. Those of the trunk keep their statistics, for most of it is
    frozen; the one before the head gets mean and deviation of the pooled features themselves."""
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    features = pooled.maps.reshape(-1, pooled.maps.shape[-1]).astype(np.float32)
    norm = network.get_layer("pooled_bn")
    # The deviation goes into gamma: as a variance it could leave the range of float16.
    norm.gamma.assign(1 / (features.std(axis=0) + 1e-3))
    norm.moving_mean.assign(features.mean(axis=0))


def _learn(lesson: _Lesson, recipe: Recipe, phase: Phase, say: Say) -> None:
    """Fit the lesson's part, with the teacher's head beside its own."""
    import keras

    if phase.epochs == 0:
        return
    probabilities, embedding = lesson.part.outputs
    outputs = {"probabilities": probabilities, "vggish": lesson.teacher(embedding)}
    student = keras.Model(lesson.part.input, outputs)
    steps = -(-len(lesson.views.genre) // phase.batch)
    student.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                phase.rate / 10, steps * phase.epochs, warmup_target=phase.rate, warmup_steps=steps // 2
            ),
            weight_decay=recipe.weight_decay,
            use_ema=True,
            ema_momentum=recipe.ema,
        ),
        loss={
            "probabilities": keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
            "vggish": "mse",
        },
        loss_weights={"probabilities": 1.0, "vggish": recipe.distillation},
    )
    started = time.monotonic()

    def tell(epoch: int, logs: dict[str, float]) -> None:
        top1 = figures(lesson.val_probabilities(), lesson.val_labels).top1
        seconds = time.monotonic() - started
        progress = f"epoch {epoch + 1} of {phase.epochs}"
        say(f"{progress}: loss {logs['loss']:.3f}, val top-1 {top1:.3f}, {seconds:.0f} s")

    student.fit(
        _batches(lesson.views, recipe, phase),
        steps_per_epoch=steps,
        epochs=phase.epochs,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=tell)],
    )


def _batches(views: Views, recipe: Recipe, phase: Phase) -> Iterator[Any]:
    """Shuffled batches with a random view of each clip, mixed up."""
    rng = np.random.default_rng(recipe.seed)
    count = len(views.genre)
    for _ in range(phase.epochs):
        order = rng.permutation(count)
        for start in range(0, count, phase.batch):
            index = order[start : start + phase.batch]
            maps = views.maps[rng.integers(0, len(views.maps), len(index)), index].astype(np.float32)
            batch = (maps, views.genre[index], views.vggish[index], views.has_vggish[index])
            maps, genre, vggish, known = mixup(batch, recipe.mixup, rng)
            weights = {"probabilities": np.ones(len(index), np.float32), "vggish": known}
            yield maps, {"probabilities": genre, "vggish": vggish}, weights
