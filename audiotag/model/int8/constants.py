"""The constants of an ONNX graph, also those that it computes from others when it is loaded."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import numpy_helper


class Constants:
    """Arrays by name; what nodes make of arrays alone is an array as well."""

    def __init__(self, graph: Any) -> None:
        self._arrays = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self._makers = {node.output[0]: node for node in graph.node}

    def __getitem__(self, name: str) -> np.ndarray:
        """In 32 bits. Raises ValueError for what depends on the input, or is computed in another way than
        model/onnx_export.py has it."""
        if name in self._arrays:
            return np.asarray(self._arrays[name], np.float32)
        node = self._makers.get(name)
        if node is None or node.op_type not in ("Cast", "Mul", "Add"):
            raise ValueError(f"{name} is no constant")
        values = [self[each] for each in node.input]
        if node.op_type == "Cast":
            return values[0]
        return np.asarray(values[0] * values[1] if node.op_type == "Mul" else values[0] + values[1])

    def __setitem__(self, name: str, values: np.ndarray) -> None:
        self._arrays[name] = values

    def stored(self, used: set[str]) -> list[Any]:
        """Those of them that are used, as a graph holds them."""
        return [
            numpy_helper.from_array(np.ascontiguousarray(values), name)
            for name, values in self._arrays.items()
            if name in used
        ]
