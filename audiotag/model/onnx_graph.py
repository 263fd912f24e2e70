"""An ONNX graph while it is put together, node by node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Convolution:
    """A convolution that is not in the graph yet. pads: top, left, bottom, right."""

    source: str
    kernel: str
    bias: str | None
    strides: list[int]
    pads: list[int]


class Graph:
    """Nodes and initializers as they are collected; `names` maps a Keras tensor to its ONNX name.

    Zero paddings and convolutions wait until somebody asks for their result: a padding
    becomes part of what follows, a convolution may take in the norm behind it.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.names: dict[int, str] = {}
        self.paddings: dict[str, tuple[str, list[int]]] = {}
        self.convolutions: dict[str, Convolution] = {}

    def add(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """A node, named like its output; returns that name."""
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: np.ndarray) -> str:
        """Stored as it is."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, name: str, values: np.ndarray) -> str:
        """Stored in 16 bits, seen by the graph in 32."""
        stored = self.constant(f"{name}_f16", values.astype(np.float16))
        return self.add("Cast", [stored], name, to=TensorProto.FLOAT)

    def inputs_of(self, layer: keras.Layer) -> list[str]:
        """The names of what a Keras layer is given, all of them in the graph."""
        tensors = layer.input if isinstance(layer.input, list) else [layer.input]
        return [self.result(self.names[id(tensor)]) for tensor in tensors]

    def result(self, name: str) -> str:
        """`name`, after adding what has waited under it."""
        if name in self.paddings:
            raise ValueError(f"zero padding {name} is followed by neither a convolution nor a pooling")
        if name in self.convolutions:
            self.convolve(self.convolutions.pop(name), name)
        return name

    def convolve(self, conv: Convolution, name: str) -> str:
        """Add a convolution that has waited, its output named `name`."""
        inputs = [conv.source, conv.kernel] + ([] if conv.bias is None else [conv.bias])
        return self.add("Conv", inputs, name, strides=conv.strides, pads=conv.pads)

    def normalise(self, source: str, scale: np.ndarray, shift: np.ndarray, name: str) -> str:
        """Add y = x * scale + shift, by channel: a norm of mean 0 and variance 1."""
        parts = {
            "scale": scale,
            "shift": shift,
            "mean": np.zeros_like(scale),
            "variance": np.ones_like(scale),
        }
        inputs = [self.constant(f"{name}_{part}", each.astype(np.float32)) for part, each in parts.items()]
        return self.add("BatchNormalization", [source, *inputs], name, epsilon=0.0)
