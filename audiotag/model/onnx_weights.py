"""The weights of a model's ONNX file, back in the Keras network that they came from.

One file serves both engines: onnx_export.py names every array after its layer. A norm comes back with
mean 0 and deviation 1, and the rest in gamma and beta, as the export has folded it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audiotag.errors import ModelError, one_line
from audiotag.model.card import ModelCard
from audiotag.model.network import NetworkSpec, build_network

if TYPE_CHECKING:
    import keras


def load_network(card: ModelCard) -> keras.Model:
    """The card's network with float32 weights. Raises ModelError when the file is not its network."""
    path = card.network_file("onnx")
    network = build_network(NetworkSpec.from_card(card))
    try:
        arrays = onnx_arrays(path)
        for layer in network.layers:
            if layer.weights:
                layer.set_weights(layer_weights(layer, arrays))
    except (ValueError, TypeError, KeyError) as fault:
        raise ModelError(f"{path}: not the network that its card describes ({one_line(fault)})") from fault
    return network


def onnx_arrays(path: Path) -> dict[str, np.ndarray]:
    """The stored arrays by name. Raises ValueError for another kind of file, OSError."""
    import onnx

    try:
        model = onnx.load(path)
    except OSError:
        raise
    except Exception as fault:  # damage brings about anything that protobuf has
        raise ValueError("not an ONNX file") from fault
    return {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}


def layer_weights(layer: Any, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What `set_weights` of a Keras layer takes, from an ONNX file's arrays.

    Raises KeyError where the file has none for this layer.
    """
    name = layer.name
    if type(layer).__name__ == "BatchNormalization":
        scale, shift = (arrays[f"{name}_{part}"].astype(np.float32).ravel() for part in ("scale", "shift"))
        return [scale, shift, np.zeros_like(scale), np.full_like(scale, 1 - layer.epsilon)]
    kernel = arrays[f"{name}_kernel_f16"].astype(np.float32)
    if kernel.ndim == 4:
        kernel = kernel.transpose(2, 3, 1, 0)
    return [kernel, arrays[f"{name}_bias_f16"].astype(np.float32)] if layer.use_bias else [kernel]
