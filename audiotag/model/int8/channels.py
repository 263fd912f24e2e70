"""Which tensors share their channels, and what may be multiplied into each channel for nothing.

A tensor gets one scale in 8 bits, so a channel of small numbers beside one of large ones is left with few
steps. But a channel can be stretched where it is made and shrunk where it is read: a convolution's rows and
columns, a norm's scale and shift take the factors in, and the network computes the same (Nagel et al.,
"Data-Free Quantization Through Weight Equalization and Bias Correction", 2019). Between lie only nodes
that do not mind: ReLU, sums, maxima.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audiotag.model.int8.constants import Constants

_INDIFFERENT = ("Relu", "MaxPool", "Add")
# A channel that is hardly ever heard is not stretched without end.
_LEAST = 1e-4


class ChannelGroups:
    """The tensors of a graph, grouped by the channels that they share.

    convolutions: names of the outputs of those that may take factors in, as any norm may. What another kind
    of node touches is fixed, and gets no factors.
    """

    def __init__(self, graph: Any, convolutions: Sequence[str]) -> None:
        self._parents: dict[str, str] = {}
        self._fixed: set[str] = {one.name for one in (*graph.input, *graph.output)}
        self._read_by_convolution: set[str] = set()
        for node in graph.node:
            if node.op_type in _INDIFFERENT:
                for name in node.input:
                    self._parents[self.of(name)] = self.of(node.output[0])
            elif node.op_type == "Conv" and node.output[0] in convolutions:
                self._read_by_convolution.add(node.input[0])
            elif node.op_type != "BatchNormalization":
                self._fixed |= {*node.input, *node.output}
        self._fixed = {self.of(name) for name in self._fixed}
        self._read_by_convolution = {self.of(name) for name in self._read_by_convolution}

    def of(self, name: str) -> str:
        """The group of a tensor."""
        while (parent := self._parents.get(name, name)) != name:
            name = parent
        return name

    def factors(self, largest: Mapping[str, np.ndarray], balance: float) -> dict[str, np.ndarray]:
        """Of each group that may have some the factors (channels,) float32, whose geometric mean is 1.

        largest: of each tensor the largest absolute value of each channel. Where norms alone read a
        group, all its channels come to use all steps. A convolution's kernel has 8 bits too, and what is
        shrunk there loses them: there the factors are to the power of `balance`.
        """
        together: dict[str, np.ndarray] = {}
        for name, values in largest.items():
            group = self.of(name)
            together[group] = np.maximum(together.get(group, np.zeros_like(values)), values)
        return {
            group: _factors(values, balance if group in self._read_by_convolution else 1.0)
            for group, values in together.items()
            if group not in self._fixed
        }


def _factors(largest: np.ndarray, power: float) -> np.ndarray:
    logarithms = -power * np.log(np.maximum(largest, max(float(largest.max()) * _LEAST, 1e-30)))
    return np.asarray(np.exp(logarithms - logarithms.mean()), np.float32)


def take_in(
    graph: Any, constants: Constants, groups: ChannelGroups, factors: Mapping[str, np.ndarray]
) -> None:
    """Multiply the factors into kernels, biases and norms of the graph's constants."""
    for node in graph.node:
        if node.op_type not in ("Conv", "BatchNormalization"):
            continue
        before, after = factors.get(groups.of(node.input[0])), factors.get(groups.of(node.output[0]))
        if before is None and after is None:
            continue
        first, second = (constants[name] for name in node.input[1:3])
        if node.op_type == "Conv":
            first = first if before is None else first / before[None, :, None, None]
            first = first if after is None else first * after[:, None, None, None]
        else:
            first = first if before is None else first / before
            first = first if after is None else first * after
        constants[node.input[1]] = np.asarray(first, np.float32)
        constants[node.input[2]] = np.asarray(second if after is None else second * after, np.float32)
