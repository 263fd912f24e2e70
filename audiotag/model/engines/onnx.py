"""ONNX Runtime: the engine for CPUs. Opens in well under a second.

It runs either of two files of a model: the network in 32 bits, or one whose last stages are of 8 bits
(model/quantize.py), which is faster and says almost the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from audiotag.audio.loky import cores
from audiotag.errors import EngineError
from audiotag.model.card import ModelCard
from audiotag.model.engines import Outputs, output_names, to_outputs


def threads_of(wanted: int = 0) -> int:
    """What a runtime is told: 0, by which it takes every core, or as many as this process may use if
    those are fewer."""
    allowed = cores()
    return wanted or (allowed if allowed < (os.cpu_count() or 1) else 0)


class OnnxEngine:
    """Runs one of the card's ONNX files on the CPU; see engines.Engine."""

    device = "CPU"

    def __init__(self, card: ModelCard, batch_size: int, threads: int = 0, kind: str = "onnx") -> None:
        """batch_size: windows a call to the runtime. threads: 0 is one a core. kind: which file."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads_of(threads)
        # Spinning threads would burn the cores that the decode workers need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Without it sums of products overflow on CPUs that have AVX2 and no VNNI, and answers are wrong.
        options.add_session_config_entry("session.x64quantprecision", "1")
        options.log_severity_level = 4  # what is wrong it says by its exceptions too
        self.name = kind
        self._path = card.network_file(kind)
        with _faults(self._path, "open"):
            self._session = onnxruntime.InferenceSession(
                self._path, options, providers=["CPUExecutionProvider"]
            )
        self._batch_size = batch_size
        self._card = card

    def predict(self, windows: np.ndarray) -> Outputs:
        batches, names = [], output_names(self._card)
        for start in range(0, len(windows), self._batch_size):
            part = np.ascontiguousarray(windows[start : start + self._batch_size])
            # No padding here: the runtime takes any batch size without compiling anew.
            with _faults(self._path, "run"):
                outputs = self._session.run(names, {"windows": part})
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
