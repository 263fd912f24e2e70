"""Several networks as one: the weighted mean of their probabilities.

Networks that came to their answers in different ways err on different tracks; the mean of two is
righter than either (figures: weights/MODEL_CARD.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def average_networks(networks: list[keras.Model], shares: Sequence[float]) -> keras.Model:
    """Networks of one design → one network with the same input and outputs, its weights at random.

    `probabilities` is the mean of theirs, weighted by `shares`, which sum to 1; `embedding` is the
    first one's. The layers of number n (from 0 on) are named as in networks[n] but with `member<n>_`
    before it; the first one's keep their names.
    """
    import keras

    window = keras.Input(networks[0].input.shape[1:])
    outputs = []
    for number, network in enumerate(networks):

        def renamed(layer: keras.Layer, number: int = number) -> keras.Layer:
            config = layer.get_config() | {"name": _name(number, layer.name)}
            return type(layer).from_config(config)

        outputs.append(keras.models.clone_model(network, window, renamed).outputs)
    dtype = networks[0].outputs[0].dtype
    weighted = [
        keras.layers.Rescaling(share, name=f"member{number}_share", dtype=dtype)(found[0])
        for number, (share, found) in enumerate(zip(shares, outputs, strict=True))
    ]
    mean = keras.layers.Add(name="probabilities", dtype=dtype)(weighted)
    return keras.Model(window, [mean, outputs[0][1]], name="audiotag")


def set_member(network: keras.Model, number: int, member: keras.Model) -> None:
    """Give number `number` of an average of networks the weights of `member`."""
    for layer in member.layers:
        if layer.weights:
            network.get_layer(_name(number, layer.name)).set_weights(layer.get_weights())


def _name(number: int, layer: str) -> str:
    # The sum's own layer has this name: it is an output, and engines ask for it by name.
    if number == 0 and layer != "probabilities":
        return layer
    return f"member{number}_{layer}"
