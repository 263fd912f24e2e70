"""ONNX Runtime: the engine for CPUs. Opens in well under a second."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from audiotag.audio.loky import cores
from audiotag.errors import EngineError
from audiotag.model.card import ModelCard
from audiotag.model.engines import Outputs, output_names, to_input, to_outputs


def _threads() -> int:
    """0, by which the runtime takes every core, or as many as this process may use if those are fewer."""
    allowed = cores()
    return allowed if allowed < (os.cpu_count() or 1) else 0


class OnnxEngine:
    """Runs the card's ONNX file on the CPU; see engines.Engine."""

    name = "onnx"
    device = "CPU"

    def __init__(self, card: ModelCard, batch_size: int, threads: int = 0) -> None:
        """batch_size: windows a call to the runtime. threads: 0 is one a core."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or _threads()
        # Spinning threads would burn the cores that the decode workers need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4  # what is wrong it says by its exceptions too
        self._path = card.network_file("onnx")
        with _faults(self._path, "open"):
            self._session = onnxruntime.InferenceSession(
                self._path, options, providers=["CPUExecutionProvider"]
            )
        self._batch_size = batch_size
        self._card = card

    def predict(self, windows: np.ndarray) -> Outputs:
        batches, names = [], output_names(self._card)
        for start in range(0, len(windows), self._batch_size):
            part = windows[start : start + self._batch_size]
            # No padding here: the runtime takes any batch size without compiling anew.
            with _faults(self._path, "run"):
                outputs = self._session.run(names, {"windows": to_input(part, len(part))})
            batches.append([np.asarray(output) for output in outputs])
        return to_outputs(batches, self._card, self.name)


@contextmanager
def _faults(path: Path, doing: str) -> Iterator[None]:
    """Turn the runtime's faults into EngineError."""
    try:
        yield
    except Exception as fault:  # its exceptions have no common base of their own
        if isinstance(fault, MemoryError) or "bad_alloc" in str(fault) or "allocate memory" in str(fault):
            raise EngineError(
                f"{path}: not enough memory for the network; close other programs, "
                "lower --jobs and --batch-size, or raise the limit (ulimit -d, -v)"
            ) from fault
        raise EngineError(f"{path}: ONNX Runtime cannot {doing} it ({fault})") from fault
