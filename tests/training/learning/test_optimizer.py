"""Each part of a network learns at its own rate."""

from __future__ import annotations

import numpy as np
import pytest

from audiotag.training.learning.optimizer import freeze_unwanted, layered_adamw, stage_of
from audiotag.training.recipe import Phase, StageRates


def test_a_layer_belongs_to_its_stage() -> None:
    assert [stage_of(name) for name in ("conv1_conv", "conv4_block6_3_conv", "post_bn", "logits")] == [
        "conv1", "conv4", "head", "head",
    ]  # fmt: skip


def test_a_step_is_as_long_as_the_factor_of_the_stage() -> None:
    """AdamW's first step is the rate itself, whatever the gradient: here at the end of the warm-up's
    first step, times 1 for conv4, a quarter for the stem, and none for what is frozen."""
    import keras

    inputs = keras.Input((1,))
    x = inputs
    for name in ("conv1_conv", "conv3_block1_1_conv", "conv4_block1_1_conv"):
        x = keras.layers.Dense(1, name=name, kernel_initializer="ones")(x)
    network = keras.Model(inputs, x)
    rates = StageRates(conv1=0.25, conv3=0.0, conv4=1.0)
    freeze_unwanted(network, rates)
    optimizer = layered_adamw(network, Phase(epochs=1, rate=1e-2, batch=4), rates, steps=10, weight_decay=0.0)
    network.compile(optimizer, loss="mse")
    before = {layer.name: layer.get_weights()[0].item() for layer in network.layers[1:]}
    network.fit(np.ones((4, 1)), np.zeros((4, 1)), epochs=1, verbose=0, batch_size=4)
    moved = {name: before[name] - network.get_layer(name).get_weights()[0].item() for name in before}
    assert moved["conv3_block1_1_conv"] == 0
    assert moved["conv4_block1_1_conv"] == pytest.approx(1e-3, rel=1e-2)  # a tenth of the rate, to begin
    assert moved["conv1_conv"] == pytest.approx(0.25e-3, rel=1e-2)
