"""Several networks as one: the mean of their probabilities.

Networks that came to their answers in different ways err on different tracks; the mean of two is
righter than either (figures: weights/MODEL_CARD.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def average_networks(networks: list[keras.Model]) -> keras.Model:
    """Networks of one design → one network with the same input and outputs, its weights at random.

    `probabilities` is the mean of theirs, `embedding` the first one's. The layers of number n (from 0
    on) are named as in networks[n] but with `member<n>_` before it; the first one's keep their names.
    """
    import keras

    window = keras.Input(networks[0].input.shape[1:])
    outputs = []
    for number, network in enumerate(networks):

        def renamed(layer: keras.Layer, number: int = number) -> keras.Layer:
            config = layer.get_config() | {"name": _name(number, layer.name)}
            return type(layer).from_config(config)

        outputs.append(keras.models.clone_model(network, window, renamed).outputs)
    mean = keras.layers.Average(name="probabilities", dtype=networks[0].outputs[0].dtype)
    return keras.Model(window, [mean([found[0] for found in outputs]), outputs[0][1]], name="audiotag")


def set_member(network: keras.Model, number: int, member: keras.Model) -> None:
    """Give number `number` of an average of networks the weights of `member`."""
    for layer in member.layers:
        if layer.weights:
            network.get_layer(_name(number, layer.name)).set_weights(layer.get_weights())


def _name(number: int, layer: str) -> str:
    # The mean's own layer has this name: it is an output, and engines ask for it by name.
    if number == 0 and layer != "probabilities":
        return layer
    return f"member{number}_{layer}"
