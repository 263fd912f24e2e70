"""Keras network → ONNX file with 16-bit weights.

Written here because the ready-made converter reads TensorFlow graphs only, where
training may run on JAX or PyTorch, and does not keep kernels in 16 bits. It knows the
layers that our networks are made of and refuses any other. Activations
are computed in 32 bits; kernels are stored as float16 and cast once, when the file
is loaded. Every array is named after its layer, so that the Keras network can be had back from the
file (onnx_weights.py).

ONNX wants channels first: (batch, bands, frames) gets its channel axis at 1, kernels
are transposed, and pooling leaves the same order of features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, checker, helper

from audiotag.atomic import atomic_write
from audiotag.model.onnx_graph import Convolution, Graph

if TYPE_CHECKING:
    import keras

_OPSET = 17
_IR_VERSION = 8  # what opset 17 came with: old runtimes still read it


def export_onnx(network: keras.Model, path: Path) -> None:
    """Write `network` (model/network.py) as ONNX.

    Input `windows` (batch, bands, frames) uint8, which the graph scales to 0..1; outputs `probabilities`
    (batch, genres), `embedding` (batch, size) and, where it has some, `styles` (batch, styles).
    Raises ValueError for a layer that has no translation.
    """
    graph = Graph()
    for layer in network.layers:
        kind = type(layer).__name__
        if kind not in _TRANSLATIONS:
            raise ValueError(f"layer {layer.name} ({kind}) has no translation to ONNX")
        graph.names[id(layer.output)] = _TRANSLATIONS[kind](graph, layer)
    outputs = []
    for name, tensor in zip(("probabilities", "embedding", "styles"), network.outputs, strict=False):
        if graph.names[id(tensor)] != name:
            graph.add("Identity", [graph.result(graph.names[id(tensor)])], name)
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", tensor.shape[-1]]))
    _, bands, frames, _ = network.input.shape
    windows = helper.make_tensor_value_info("windows", TensorProto.UINT8, ["batch", bands, frames])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "audiotag", [windows], outputs, graph.initializers),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="audiotag",
    )
    checker.check_model(model, full_check=True)
    with atomic_write(path) as file:
        file.write(model.SerializeToString())


def _input(graph: Graph, layer: Any) -> str:
    axis = graph.constant("channel_axis", np.array([1], np.int64))
    picture = graph.add("Unsqueeze", ["windows", axis], "windows_picture")
    numbers = graph.add("Cast", [picture], "windows_float", to=TensorProto.FLOAT)
    step = graph.constant("windows_step", np.array(1 / 255, np.float32))
    return graph.add("Mul", [numbers, step], layer.name)


def _zero_padding(graph: Graph, layer: Any) -> str:
    (top, bottom), (left, right) = layer.padding
    (source,) = graph.inputs_of(layer)
    graph.paddings[layer.name] = (source, [top, left, bottom, right])
    return str(layer.name)


def _convolution(graph: Graph, layer: Any) -> str:
    source, pads = graph.names[id(layer.input)], [0, 0, 0, 0]
    if source in graph.paddings:
        source, pads = graph.paddings[source]
    elif layer.padding != "valid":
        pads = _same_padding(layer)
    kernel = graph.weight(f"{layer.name}_kernel", np.asarray(layer.kernel).transpose(3, 2, 0, 1))
    bias = graph.weight(f"{layer.name}_bias", np.asarray(layer.bias)) if layer.use_bias else None
    graph.convolutions[layer.name] = Convolution(
        graph.result(source), kernel, bias, list(layer.strides), pads
    )
    return str(layer.name)


def _same_padding(layer: Any) -> list[int]:
    if tuple(layer.strides) != (1, 1):
        raise ValueError(f"layer {layer.name}: 'same' padding with a stride has no translation to ONNX")
    before = [(size - 1) // 2 for size in layer.kernel_size]
    after = [size - 1 - start for size, start in zip(layer.kernel_size, before, strict=True)]
    return before + after


def _batch_norm(graph: Graph, layer: Any) -> str:
    """y = x * scale + shift, both computed here in 64 bits.

    Behind a convolution the scale goes onto its kernel, as nodes in 32 bits that the
    runtime computes once, when it loads the file.
    """
    variance = np.asarray(layer.moving_variance, np.float64)
    scale = np.asarray(layer.gamma, np.float64) / np.sqrt(variance + layer.epsilon)
    shift = np.asarray(layer.beta, np.float64) - np.asarray(layer.moving_mean, np.float64) * scale
    source, name = graph.names[id(layer.input)], str(layer.name)
    if source in graph.convolutions:
        conv = graph.convolutions[source]
        per_kernel = graph.constant(f"{name}_scale", scale[:, None, None, None].astype(np.float32))
        kernel = graph.add("Mul", [conv.kernel, per_kernel], f"{name}_kernel")
        bias = graph.constant(f"{name}_shift", shift.astype(np.float32))
        if conv.bias is not None:
            per_bias = graph.constant(f"{name}_bias_scale", scale.astype(np.float32))
            scaled = graph.add("Mul", [conv.bias, per_bias], f"{name}_scaled_bias")
            bias = graph.add("Add", [scaled, bias], f"{name}_bias")
        return graph.convolve(replace(conv, kernel=kernel, bias=bias), name)
    if len(layer.output.shape) == 4:
        # A product and a sum by themselves would keep ONNX Runtime from its layout of channels in blocks.
        return graph.normalise(graph.result(source), scale, shift, name)
    factor = graph.constant(f"{name}_scale", scale.astype(np.float32))
    scaled = graph.add("Mul", [graph.result(source), factor], f"{name}_scaled")
    return graph.add("Add", [scaled, graph.constant(f"{name}_shift", shift.astype(np.float32))], name)


def _activation(graph: Graph, layer: Any) -> str:
    return _activate(graph, layer, graph.inputs_of(layer))


def _activate(graph: Graph, layer: Any, inputs: list[str]) -> str:
    """Softmax is over the last axis, as it is by default in both."""
    name = layer.activation.__name__
    if name not in ("relu", "softmax", "sigmoid", "log"):
        raise ValueError(f"layer {layer.name}: activation {name} has no translation to ONNX")
    return graph.add(name.capitalize(), inputs, layer.name)


def _max_pooling(graph: Graph, layer: Any) -> str:
    source = graph.names[id(layer.input)]
    window = {"kernel_shape": list(layer.pool_size), "strides": list(layer.strides)}
    if source not in graph.paddings:
        return graph.add("MaxPool", [graph.result(source)], layer.name, **window)
    # ONNX pads a maximum with -inf, Keras has padded with zeros. As a node of its own the
    # padding would be fused into the pooling by ONNX Runtime 1.23, which then forgets the
    # zeros. So the pooling pads, and the zeros come in where a window touches the border.
    source, pads = graph.paddings[source]
    pooled = graph.add("MaxPool", [graph.result(source)], f"{layer.name}_pooled", pads=pads, **window)
    border = graph.constant(f"{layer.name}_border", _border(layer, pads))
    return graph.add("Max", [pooled, border], layer.name)


def _border(layer: Any, pads: list[int]) -> np.ndarray:
    """(1, 1, height, width): 0 where a pooling window touches the padding, else the least float."""
    top, left, bottom, right = pads
    height, width = layer.input.shape[1:3]
    padding = np.ones((height, width), bool)
    padding[top : height - bottom, left : width - right] = False
    windows = np.lib.stride_tricks.sliding_window_view(padding, tuple(layer.pool_size))
    touched = windows[:: layer.strides[0], :: layer.strides[1]].any(axis=(2, 3))
    return np.asarray(np.where(touched, np.float32(0), np.finfo(np.float32).min))[None, None]


def _global(operator: str) -> Callable[[Graph, Any], str]:
    def translate(graph: Graph, layer: Any) -> str:
        pooled = graph.add(operator, graph.inputs_of(layer), f"{layer.name}_pooled")
        return graph.add("Flatten", [pooled], layer.name, axis=1)

    return translate


def _enlarge(graph: Graph, layer: Any) -> str:
    if layer.interpolation != "bilinear":
        raise ValueError(f"layer {layer.name}: enlarging by {layer.interpolation} has no translation to ONNX")
    (source,) = graph.inputs_of(layer)
    scales = graph.constant(f"{layer.name}_scales", np.array([1, 1, *layer.size], np.float32))
    return graph.add(
        "Resize",
        [source, "", scales],
        layer.name,
        mode="linear",
        coordinate_transformation_mode="half_pixel",
    )


def _reshape(graph: Graph, layer: Any) -> str:
    (source,) = graph.inputs_of(layer)
    shape = graph.constant(f"{layer.name}_shape", np.array([0, *layer.target_shape], np.int64))
    return graph.add("Reshape", [source, shape], layer.name)


def _dot(graph: Graph, layer: Any) -> str:
    """(batch, n) and (batch, n, values) → (batch, values): the mean of a mixture of experts."""
    weights, values = graph.inputs_of(layer)
    if layer.axes != 1 or len(layer.output.shape) != 2:
        raise ValueError(f"layer {layer.name}: a product over axes {layer.axes} has no translation to ONNX")
    axis = graph.constant(f"{layer.name}_axis", np.array([1], np.int64))
    row = graph.add("Unsqueeze", [weights, axis], f"{layer.name}_weights")
    product = graph.add("MatMul", [row, values], f"{layer.name}_product")
    return graph.add("Squeeze", [product, axis], layer.name)


def _flatten(graph: Graph, layer: Any) -> str:
    # Keras flattens with the channels last, and the dense layer behind counts on that.
    (source,) = graph.inputs_of(layer)
    last = graph.add("Transpose", [source], f"{layer.name}_channels_last", perm=[0, 2, 3, 1])
    return graph.add("Flatten", [last], layer.name, axis=1)


def _dense(graph: Graph, layer: Any) -> str:
    inputs = [*graph.inputs_of(layer), graph.weight(f"{layer.name}_kernel", np.asarray(layer.kernel))]
    if layer.use_bias:
        inputs.append(graph.weight(f"{layer.name}_bias", np.asarray(layer.bias)))
    if layer.activation.__name__ == "linear":
        return graph.add("Gemm", inputs, layer.name)
    return _activate(graph, layer, [graph.add("Gemm", inputs, f"{layer.name}_sum")])


_TRANSLATIONS: dict[str, Callable[[Graph, Any], str]] = {
    "InputLayer": _input,
    "ZeroPadding2D": _zero_padding,
    "Conv2D": _convolution,
    "BatchNormalization": _batch_norm,
    "Activation": _activation,
    "MaxPooling2D": _max_pooling,
    "GlobalAveragePooling2D": _global("GlobalAveragePool"),
    "GlobalMaxPooling2D": _global("GlobalMaxPool"),
    "Reshape": _reshape,
    "Dot": _dot,
    "Add": lambda graph, layer: graph.add("Add", graph.inputs_of(layer), layer.name),
    "Concatenate": lambda graph, layer: graph.add("Concat", graph.inputs_of(layer), layer.name, axis=1),
    "UpSampling2D": _enlarge,
    "Flatten": _flatten,
    "Dropout": lambda graph, layer: graph.inputs_of(layer)[0],
    "Dense": _dense,
}
