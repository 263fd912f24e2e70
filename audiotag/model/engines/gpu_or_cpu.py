"""A GPU for as long as it works, then the CPU."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from audiotag.errors import EngineError, one_line
from audiotag.model.engines import Engine, Outputs


class GpuOrCpu:
    """See engines.Engine. A batch on which the GPU fails is predicted by the CPU, and so is every later one;
    `note` says so then. Threads may share it."""

    def __init__(self, gpu: Engine, open_cpu: Callable[[], Engine]) -> None:
        self._gpu = gpu
        self._open_cpu = open_cpu
        self._engine = gpu
        self._lock = threading.Lock()
        self._note = ""

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def device(self) -> str:
        return self._engine.device

    @property
    def note(self) -> str:
        """What went wrong last, in a line."""
        return self._note or str(getattr(self._gpu, "note", ""))

    @property
    def batch_size(self) -> int:
        """Windows that the GPU takes at once."""
        return int(getattr(self._gpu, "batch_size", 0))

    def predict(self, windows: np.ndarray) -> Outputs:
        engine = self._engine
        if engine is not self._gpu:
            return engine.predict(windows)
        try:
            return engine.predict(windows)
        except Exception as fault:  # a driver that dies does so in any way
            return self._instead(fault).predict(windows)

    def _instead(self, fault: Exception) -> Engine:
        """ONNX Runtime, opened once. Raises EngineError where that fails too."""
        with self._lock:
            if self._engine is self._gpu:
                reason = one_line(fault) or type(fault).__name__
                try:
                    self._engine = self._open_cpu()
                except EngineError as other:
                    raise EngineError(f"the GPU failed ({reason}), and so does the CPU: {other}") from fault
                self._note = f"The GPU failed: {reason}. ONNX Runtime goes on, on the CPU."
            return self._engine
