"""The .keras file of a model: saved with 16-bit weights, computed with in 32 bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiotag.errors import ModelError
from audiotag.model.card import ModelCard
from audiotag.model.network import NetworkSpec, build_network

if TYPE_CHECKING:
    import keras


def save_network(network: keras.Model, spec: NetworkSpec, path: Path) -> None:
    """Write the network to a .keras file, every weight rounded to float16.

    `network` itself is rounded as well, so that what is exported or measured next is
    exactly what was saved.
    """
    import keras

    rounded = [np.asarray(weight).astype(np.float16) for weight in network.get_weights()]
    network.set_weights([weight.astype(np.float32) for weight in rounded])
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float16")
    try:
        half = build_network(spec)
    finally:
        keras.config.set_dtype_policy(before)
    half.set_weights(rounded)
    half.save(path)


def load_network(card: ModelCard) -> keras.Model:
    """The card's network with float32 weights. Raises ModelError when the file is not its network."""
    path = card.network_file("keras")
    network = build_network(NetworkSpec.from_card(card))
    try:
        # The weights alone: the layers' stored settings differ between versions of Keras.
        network.load_weights(path)
    except (ValueError, TypeError, KeyError, OSError) as fault:
        raise ModelError(f"{path}: not the network that its card describes ({fault})") from fault
    return network
