"""AdamW with a learning rate of its own for each part of the network."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from audiotag.training.recipe import Phase, StageRates

if TYPE_CHECKING:
    import keras


def stage_of(layer: str) -> str:
    """The field of StageRates that a layer belongs to, by its name: conv1 … conv5, else head."""
    stage = layer.partition("_")[0]
    return stage if stage in asdict(StageRates()) else "head"


def freeze_unwanted(network: keras.Model, rates: StageRates) -> None:
    """Layers whose rate is 0 do not learn: no gradient is computed for them."""
    for layer in network.layers:
        if layer.weights and getattr(rates, stage_of(layer.name)) == 0:
            layer.trainable = False


def layered_adamw(
    model: keras.Model, phase: Phase, rates: StageRates, steps: int, weight_decay: float
) -> keras.Optimizer:
    """AdamW (Loshchilov & Hutter 2019) for `model`'s trainable weights, already built for them.

    The rate rises over half an epoch to `phase.rate`, times the stage's factor, and falls as a
    cosine to 0 at the end of the phase. steps: batches an epoch. Biases and norms do not decay;
    all else does at the phase's own rate, whatever its stage's factor.
    """
    import keras

    class LayeredAdamW(keras.optimizers.AdamW):  # type: ignore[misc]
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            factor = factors[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * factor)

    variables = model.trainable_variables
    factors = [getattr(rates, stage_of(variable.path.split("/")[-2])) for variable in variables]
    warm_up = max(1, steps // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        phase.rate / 10,
        max(1, steps * phase.epochs - warm_up),
        warmup_target=phase.rate,
        warmup_steps=warm_up,
    )
    optimizer = LayeredAdamW(schedule, weight_decay=weight_decay, global_clipnorm=5.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(variables)
    return optimizer
