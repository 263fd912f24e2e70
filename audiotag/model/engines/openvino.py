"""OpenVINO: an engine for CPUs that compute in bfloat16, for who has installed it.

In bfloat16 the network takes half of the time that it takes in 32 bits. On CPUs that have no such
instructions it computes in 32 bits, and is about as fast as ONNX Runtime.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import numpy as np

from audiotag.audio.loky import cores
from audiotag.errors import EngineError, one_line
from audiotag.extras import is_there, lacking
from audiotag.model.card import ModelCard
from audiotag.model.engines import Outputs, output_names, to_outputs
from audiotag.model.engines.onnx import threads_of


def is_installed() -> bool:
    """Told without importing it."""
    return is_there("openvino")


class OpenVinoEngine:
    """Runs the card's ONNX file of 32 bits on the CPU; see engines.Engine."""

    name = "openvino"

    def __init__(self, card: ModelCard, batch_size: int, threads: int = 0) -> None:
        """batch_size: windows a call to the runtime. threads: 0 is one a core."""
        if words := lacking("openvino"):
            raise EngineError(f"--engine openvino {words}; or use --engine onnx")
        path = card.network_file("onnx")
        try:
            import openvino

            core = openvino.Core()
            # Of one thread each, calls run beside one another; else one call takes them all.
            lanes = cores() if threads == 1 else 1
            settings = {
                "INFERENCE_NUM_THREADS": lanes if threads == 1 else threads_of(threads),
                "NUM_STREAMS": lanes,
                "ENABLE_CPU_PINNING": False,  # the decode workers need cores as well
                "INFERENCE_PRECISION_HINT": "bf16" if _has_bfloat16(core) else "f32",
            }
            compiled = core.compile_model(str(path), "CPU", settings)
            self.device = (
                f"CPU, {'bfloat16' if settings['INFERENCE_PRECISION_HINT'] == 'bf16' else 'float32'}"
            )
            self._requests: SimpleQueue[Any] = SimpleQueue()
            for _ in range(lanes):
                self._requests.put(compiled.create_infer_request())
        except Exception as fault:  # its exceptions have no common base of their own
            raise EngineError(f"{path}: OpenVINO cannot open it ({one_line(fault)})") from fault
        self._path = path
        self._batch_size = batch_size
        self._card = card

    def predict(self, windows: np.ndarray) -> Outputs:
        batches, names = [], output_names(self._card)
        for start in range(0, len(windows), self._batch_size):
            part = np.ascontiguousarray(windows[start : start + self._batch_size])
            request = self._requests.get()  # a call's own
            try:
                request.infer({"windows": part})
                # Copies: the next call writes into the same memory.
                batches.append([np.array(request.get_tensor(name).data, np.float32) for name in names])
            except Exception as fault:
                raise EngineError(f"{self._path}: OpenVINO cannot run it ({one_line(fault)})") from fault
            finally:
                self._requests.put(request)
        return to_outputs(batches, self._card, self.name)


def _has_bfloat16(core: object) -> bool:
    capabilities: list[str] = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")  # type: ignore[attr-defined]
    return "BF16" in capabilities
