"""Keras network → ONNX file with 16-bit weights.

Written here because the ready-made converter pins a protobuf that TensorFlow refuses.
It knows the layers that our networks are made of and refuses any other. Activations
are computed in 32 bits; kernels are stored as float16 and cast once, when the file
is loaded, so the numbers are those of the .keras file.

ONNX wants channels first: (batch, bands, frames) gets its channel axis at 1, kernels
are transposed, and pooling leaves the same order of features.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

if TYPE_CHECKING:
    import keras

_OPSET = 17
_IR_VERSION = 8  # what opset 17 came with: old runtimes still read it


class _Graph:
    """Nodes and initializers as they are collected; `names` maps a Keras tensor to its ONNX name."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.names: dict[int, str] = {}
        self.paddings: dict[str, tuple[str, list[int]]] = {}

    def add(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, name: str, values: np.ndarray) -> str:
        """Stored in 16 bits, seen by the graph in 32."""
        stored = self.constant(f"{name}_f16", values.astype(np.float16))
        return self.add("Cast", [stored], name, to=TensorProto.FLOAT)

    def inputs_of(self, layer: keras.Layer) -> list[str]:
        tensors = layer.input if isinstance(layer.input, list) else [layer.input]
        return [self._padded(self.names[id(tensor)]) for tensor in tensors]

    def unpadded_input_of(self, layer: keras.Layer) -> tuple[str, list[int]]:
        """What a convolution takes: the tensor before a zero padding, and that padding."""
        name = self.names[id(layer.input)]
        return self.paddings.get(name, (name, [0, 0, 0, 0]))

    def _padded(self, name: str) -> str:
        if name not in self.paddings:
            return name
        source, (top, left, bottom, right) = self.paddings.pop(name)
        pads = self.constant(f"{name}_pads", np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
        return self.add("Pad", [source, pads], name)


def export_onnx(network: keras.Model, path: Path) -> None:
    """Write `network` (model/network.py) as ONNX.

    Input `windows` (batch, bands, frames) float32 0..1; outputs `probabilities`
    (batch, genres) and `embedding` (batch, hidden). Raises ValueError for a layer
    that has no translation.
    """
    graph = _Graph()
    for layer in network.layers:
        kind = type(layer).__name__
        if kind not in _TRANSLATIONS:
            raise ValueError(f"layer {layer.name} ({kind}) has no translation to ONNX")
        graph.names[id(layer.output)] = _TRANSLATIONS[kind](graph, layer)
    outputs = []
    for name, tensor in zip(("probabilities", "embedding"), network.outputs, strict=True):
        # The layers carry these names already, so their ONNX results do too.
        if graph.names[id(tensor)] != name:
            raise ValueError(f"the network's output {name} comes from {graph.names[id(tensor)]}")
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", tensor.shape[-1]]))
    _, bands, frames, _ = network.input.shape
    windows = helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["batch", bands, frames])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "audiotag", [windows], outputs, graph.initializers),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="audiotag",
    )
    checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def _input(graph: _Graph, layer: Any) -> str:
    axis = graph.constant("channel_axis", np.array([1], np.int64))
    return graph.add("Unsqueeze", ["windows", axis], layer.name)


def _zero_padding(graph: _Graph, layer: Any) -> str:
    """Nothing yet: a convolution takes the padding as its own, others get a Pad node when they ask."""
    (top, bottom), (left, right) = layer.padding
    (source,) = graph.inputs_of(layer)
    graph.paddings[layer.name] = (source, [top, left, bottom, right])
    return str(layer.name)


def _convolution(graph: _Graph, layer: Any) -> str:
    source, pads = graph.unpadded_input_of(layer)
    if layer.padding != "valid":
        pads = _same_padding(layer)
    kernel = np.asarray(layer.kernel).transpose(3, 2, 0, 1)
    inputs = [source, graph.weight(f"{layer.name}_kernel", kernel)]
    if layer.use_bias:
        inputs.append(graph.weight(f"{layer.name}_bias", np.asarray(layer.bias)))
    return graph.add("Conv", inputs, layer.name, strides=list(layer.strides), pads=pads)


def _same_padding(layer: Any) -> list[int]:
    if tuple(layer.strides) != (1, 1):
        raise ValueError(f"layer {layer.name}: 'same' padding with a stride has no translation to ONNX")
    before = [(size - 1) // 2 for size in layer.kernel_size]
    after = [size - 1 - start for size, start in zip(layer.kernel_size, before, strict=True)]
    return before + after


def _batch_norm(graph: _Graph, layer: Any) -> str:
    """y = x * scale + shift, both computed here in 64 bits."""
    (source,) = graph.inputs_of(layer)
    variance = np.asarray(layer.moving_variance, np.float64)
    scale = np.asarray(layer.gamma, np.float64) / np.sqrt(variance + layer.epsilon)
    shift = np.asarray(layer.beta, np.float64) - np.asarray(layer.moving_mean, np.float64) * scale
    if len(layer.output.shape) == 4:
        scale, shift = scale[None, :, None, None], shift[None, :, None, None]
    scaled = graph.add(
        "Mul",
        [source, graph.constant(f"{layer.name}_scale", scale.astype(np.float32))],
        f"{layer.name}_scaled",
    )
    return graph.add(
        "Add", [scaled, graph.constant(f"{layer.name}_shift", shift.astype(np.float32))], layer.name
    )


def _activation(graph: _Graph, layer: Any) -> str:
    operators = {"relu": ("Relu", {}), "softmax": ("Softmax", {"axis": -1})}
    name = layer.activation.__name__
    if name not in operators:
        raise ValueError(f"layer {layer.name}: activation {name} has no translation to ONNX")
    operator, attributes = operators[name]
    return graph.add(operator, graph.inputs_of(layer), layer.name, **attributes)


def _max_pooling(graph: _Graph, layer: Any) -> str:
    return graph.add(
        "MaxPool",
        graph.inputs_of(layer),
        layer.name,
        kernel_shape=list(layer.pool_size),
        strides=list(layer.strides),
    )


def _global(operator: str) -> Callable[[_Graph, Any], str]:
    def translate(graph: _Graph, layer: Any) -> str:
        pooled = graph.add(operator, graph.inputs_of(layer), f"{layer.name}_pooled")
        return graph.add("Flatten", [pooled], layer.name, axis=1)

    return translate


def _dense(graph: _Graph, layer: Any) -> str:
    inputs = [
        *graph.inputs_of(layer),
        graph.weight(f"{layer.name}_kernel", np.asarray(layer.kernel)),
        graph.weight(f"{layer.name}_bias", np.asarray(layer.bias)),
    ]
    activation = layer.activation.__name__
    if activation == "linear":
        return graph.add("Gemm", inputs, layer.name)
    return graph.add(activation.capitalize(), [graph.add("Gemm", inputs, f"{layer.name}_sum")], layer.name)


_TRANSLATIONS: dict[str, Callable[[_Graph, Any], str]] = {
    "InputLayer": _input,
    "ZeroPadding2D": _zero_padding,
    "Conv2D": _convolution,
    "BatchNormalization": _batch_norm,
    "Activation": _activation,
    "MaxPooling2D": _max_pooling,
    "GlobalAveragePooling2D": _global("GlobalAveragePool"),
    "GlobalMaxPooling2D": _global("GlobalMaxPool"),
    "Add": lambda graph, layer: graph.add("Add", graph.inputs_of(layer), layer.name),
    "Concatenate": lambda graph, layer: graph.add("Concat", graph.inputs_of(layer), layer.name, axis=1),
    "Dropout": lambda graph, layer: graph.inputs_of(layer)[0],
    "Dense": _dense,
}
