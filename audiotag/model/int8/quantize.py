"""An exported network → the same with its later stages in 8 bits.

windows that the network has learnt from → what values its tensors have (ranges.py)
  → channels stretched to like sizes (channels.py) → steps of 8 bits → QDQ nodes around convolutions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from audiotag.atomic import atomic_write
from audiotag.model.int8.channels import ChannelGroups, take_in
from audiotag.model.int8.constants import Constants
from audiotag.model.int8.ranges import Steps, best_steps, look_at

# Of ResNet50V2: with conv3 in 8 bits too, more answers changed than half a point allows (MODEL_CARD.md).
STAGES = ("conv4", "conv5")
BALANCE = 0.5  # between the bits of activations and those of kernels, see channels.py

_LARGEST = 127  # of a kernel: -127..127, symmetric


def quantize(path: Path, target: Path, windows: np.ndarray, stages: Sequence[str] = STAGES) -> bool:
    """Write `path`, a network as model/onnx_export.py writes it, with these stages in 8 bits, as `target`.

    windows (n, bands, frames) uint8: of what the network has learnt from, never of what judges it. False,
    and nothing is written, where the network has no such stages. Raises OSError, and ValueError for
    another kind of file.
    """
    model = onnx.load(path)
    graph = model.graph
    chosen = [node for node in graph.node if node.op_type == "Conv" and node.name.startswith(tuple(stages))]
    if not chosen:
        return False
    tensors = {name for node in chosen for name in (node.input[0], _result(graph, node))}
    seen = look_at(model, sorted(tensors), windows)
    names = [node.output[0] for node in chosen]
    groups, constants = ChannelGroups(graph, names), Constants(graph)
    largest = {name: np.maximum(abs(one.least), abs(one.largest)) for name, one in seen.items()}
    factors = groups.factors(largest, BALANCE)
    take_in(graph, constants, groups, factors)
    steps = {name: best_steps(one, factors.get(groups.of(name))) for name, one in seen.items()}
    nodes = _with_steps(graph, constants, set(names), steps)
    _replace(graph, nodes, constants)
    onnx.checker.check_model(model, full_check=True)
    with atomic_write(target) as file:
        file.write(model.SerializeToString())
    return True


def _result(graph: Any, conv: Any) -> str:
    """The tensor that a convolution's integers are rounded to: behind its ReLU, where it has one."""
    readers = [node for node in graph.node if conv.output[0] in node.input]
    alone = len(readers) == 1 and readers[0].op_type == "Relu"
    return str(readers[0].output[0] if alone else conv.output[0])


def _with_steps(graph: Any, constants: Constants, chosen: set[str], steps: Mapping[str, Steps]) -> list[Any]:
    """The graph's nodes; those of `chosen` read and give what has been rounded.

    A tensor that others read as well, they read as it was, unless a chosen one has made it.
    """
    nodes: list[Any] = []
    rounded: dict[str, str] = {}
    made: set[str] = set()
    results = {_result(graph, node) for node in graph.node if node.output[0] in chosen}
    for node in graph.node:
        if node.output[0] in chosen:
            source = node.input[0]
            if source not in rounded:
                rounded[source] = _round(nodes, constants, source, steps[source])
            kernel = _in_8_bits(nodes, constants, node, steps[source])
            conv = helper.make_node("Conv", [rounded[source], *kernel], list(node.output), name=node.name)
            conv.attribute.extend(node.attribute)
            nodes.append(conv)
        else:
            node.input[:] = [rounded[name] if name in made else name for name in node.input]
            nodes.append(node)
        for name in node.output:
            if name in results:
                rounded[name] = _round(nodes, constants, name, steps[name])
                made.add(name)
    return nodes


def _round(nodes: list[Any], constants: Constants, name: str, steps: Steps) -> str:
    """Add the way of a tensor into 8 bits and back; returns what it is called then."""
    constants[f"{name}_scale_8"], constants[f"{name}_zero_8"] = np.array(steps.scale), np.array(steps.zero)
    parts = [f"{name}_scale_8", f"{name}_zero_8"]
    nodes.append(helper.make_node("QuantizeLinear", [name, *parts], [f"{name}_8"], name=f"{name}_8"))
    nodes.append(
        helper.make_node("DequantizeLinear", [f"{name}_8", *parts], [f"{name}_of_8"], name=f"{name}_of_8")
    )
    return f"{name}_of_8"


def _in_8_bits(nodes: list[Any], constants: Constants, conv: Any, source: Steps) -> list[str]:
    """Add a convolution's kernel in 8 bits, a scale an output channel, and its bias in 32, as integers."""
    kernel = constants[conv.input[1]]
    bias = constants[conv.input[2]] if len(conv.input) > 2 else np.zeros(len(kernel), np.float32)
    scale = np.maximum(abs(kernel).reshape(len(kernel), -1).max(axis=1), 1e-12) / _LARGEST
    whole = np.clip(np.rint(kernel / scale[:, None, None, None]), -_LARGEST, _LARGEST).astype(np.int8)
    both = (scale * source.scale).astype(np.float32)
    limits = np.iinfo(np.int32)
    whole_bias = np.clip(np.rint(bias.astype(np.float64) / both), limits.min, limits.max).astype(np.int32)
    names = []
    for part, values, steps in (("kernel", whole, scale.astype(np.float32)), ("bias", whole_bias, both)):
        name = f"{conv.name}_{part}"
        parts = {
            f"{name}_8": values,
            f"{name}_scale_8": steps,
            f"{name}_zero_8": np.zeros_like(values, shape=len(steps)),
        }
        for each, array in parts.items():
            constants[each] = array
        names.append(f"{name}_of_8")
        nodes.append(helper.make_node("DequantizeLinear", list(parts), names[-1:], name=names[-1], axis=0))
    return names


def _replace(graph: Any, nodes: Sequence[Any], constants: Constants) -> None:
    """Give the graph these nodes, without those that nobody reads, and the constants that they read."""
    wanted = {one.name for one in graph.output}
    kept = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants.stored(wanted))
