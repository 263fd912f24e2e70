"""The network as it learns: its hidden layer, the genres' logits, and heads that are thrown away.

Beside the genres it learns what others know of a clip: its VGGish embedding and the tags that
pretrained taggers give it (distillation; Hinton et al. 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiotag.training.learning.optimizer import layered_adamw
from audiotag.training.learning.targets import VGGISH_SIZE, Targets
from audiotag.training.recipe import Phase, Recipe

if TYPE_CHECKING:
    import keras

_IMPOSSIBLE = 1e4  # taken off a logit: nothing is left of its probability


@dataclass(frozen=True)
class Teachers:
    """The layers that learn what others know: the same ones in both phases, so that what the first
    teaches them the second has. None where no clip has it."""

    vggish: keras.Layer | None
    tags: keras.Layer | None

    @classmethod
    def of(cls, targets: Targets) -> Teachers:
        import keras

        def head(name: str, size: int) -> keras.Layer | None:
            return keras.layers.Dense(size, name=name, dtype="float32") if name in targets.known else None

        return cls(head("vggish", VGGISH_SIZE), head("tags", targets.tags.shape[1]))


def student_of(network: keras.Model, start: str | None, teachers: Teachers) -> keras.Model:
    """The part of the network that learns, from its input or the layer `start` on → {output: value}.

    Outputs: genre (the logits), and the teachers'.
    """
    import keras

    given = network.input if start is None else network.get_layer(start).output
    seen = network.get_layer("hidden_dropout").output
    outputs = {"genre": network.get_layer("logits").output}
    for name, teacher in (("vggish", teachers.vggish), ("tags", teachers.tags)):
        if teacher is not None:
            outputs[name] = teacher(seen)
    return keras.Model(given, outputs)


def compile_student(student: keras.Model, phase: Phase, recipe: Recipe, steps: int) -> None:
    """Losses, their weights and the optimizer. steps: batches an epoch."""
    losses = {"genre": possible_cross_entropy(recipe.label_smoothing), "vggish": "mse", "tags": "mse"}
    weights = {"genre": 1.0, "vggish": recipe.distillation, "tags": recipe.tags}
    names = list(student.output)
    student.compile(
        layered_adamw(student, phase, recipe.rates, steps, recipe.weight_decay),
        loss={name: losses[name] for name in names},
        loss_weights={name: weights[name] for name in names},
    )


def possible_cross_entropy(smoothing: float) -> Any:
    """The cross-entropy of a softmax over the genres that the clip's collection knows.

    Its target is (batch, 2 · genres): the genre, one-hot, or zeros for a clip without one, which
    costs nothing; then which genres are possible. smoothing: share of the label that goes to all of
    those alike. Logits (batch, genres) float.
    """
    from keras import ops

    def loss(target: Any, logits: Any) -> Any:
        genre, possible = ops.split(ops.cast(target, "float32"), 2, axis=-1)
        # Of two clips that are blended either's genres are possible.
        possible = ops.cast(possible > 0, "float32")
        count = ops.maximum(ops.sum(possible, axis=-1, keepdims=True), 1.0)
        label = ops.sum(genre, axis=-1, keepdims=True)
        wanted = (1 - smoothing) * genre + smoothing * label * possible / count
        likely = ops.log_softmax(ops.cast(logits, "float32") - _IMPOSSIBLE * (1 - possible), axis=-1)
        return -ops.sum(wanted * possible * likely, axis=-1)

    return loss
