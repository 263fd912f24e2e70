"""ONNX Runtime: the engine for CPUs. Opens in well under a second."""

from __future__ import annotations

import os

import numpy as np

from audiotag.audio.loky import cores
from audiotag.errors import EngineError
from audiotag.model.card import ModelCard
from audiotag.model.engines import to_answer, to_input


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
        options.log_severity_level = 3
        path = card.network_file("onnx")
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as fault:  # its exceptions have no common base of their own
            raise EngineError(f"{path}: ONNX Runtime cannot open it ({fault})") from fault
        self._batch_size = batch_size
        self._card = card

    def predict(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        probabilities, embeddings = [], []
        for start in range(0, len(windows), self._batch_size):
            part = windows[start : start + self._batch_size]
            # No padding here: the runtime takes any batch size without compiling anew.
            outputs = self._session.run(
                ["probabilities", "embedding"], {"windows": to_input(part, len(part))}
            )
            probabilities.append(np.asarray(outputs[0]))
            embeddings.append(np.asarray(outputs[1]))
        return to_answer(probabilities, embeddings, self._card, self.name)
