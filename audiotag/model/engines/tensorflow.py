"""TensorFlow: the engine for GPUs.

On a GPU it computes in 16 bits where the device has the units for them (float16: its probabilities are
within .002 of those of 32 bits, bfloat16's only within .02), in one program that XLA makes for one fixed
size of batch. The windows cross the bus as the bytes that they are, and are scaled there. `predict` may be
called by two threads at once: one's windows are copied while the other's are computed.

Never import this module in a process that has loaded Essentia: the two libraries
abort the process when they meet.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from audiotag.errors import EngineError, one_line
from audiotag.extras import lacking
from audiotag.model.card import ModelCard
from audiotag.model.engines import CPU_BATCH, Outputs, to_outputs
from audiotag.model.engines.fastest_batch import NoMemoryError, fastest_batch

# From this NVIDIA compute capability on the units for 16 bits are there.
_FLOAT16_FROM = (7, 0)
_TIMED_SECONDS = 0.3
_OUT_OF_MEMORY = re.compile("RESOURCE_EXHAUSTED|OUT_OF_MEMORY")


@dataclass(frozen=True)
class Placement:
    """How the network is computed. device: TensorFlow's name of it. policy: Keras' name of the number
    types; heads stay in 32 bits under a mixed one. compiled: by XLA."""

    device: str = "CPU:0"
    policy: str = "float32"
    compiled: bool = False


@dataclass(frozen=True)
class _Program:
    """The network for batches of `size` windows: (size, bands, frames) uint8 → its outputs."""

    size: int
    call: Callable[[Any], list[Any]]


class TensorFlowEngine:
    """Runs the card's network in Keras; see engines.Engine."""

    name = "tensorflow"

    def __init__(self, card: ModelCard, batch_size: int, placement: Placement | None = None) -> None:
        """batch_size: 0 is what suits the device: on a GPU what it measures to be best, which takes some
        seconds. placement: None is the GPU, if TensorFlow sees one."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ["KERAS_BACKEND"] = "tensorflow"
        if words := lacking("gpu"):
            raise EngineError(f"--engine tensorflow {words}; or use --engine onnx")
        import tensorflow as tf

        self._tf = tf
        self._card = card
        self._placement = placement or _best_placement(tf)
        self._network = _network(card, self._placement.policy)
        self._lock = threading.Lock()
        self.device = self._placement.device.partition(":")[0]
        self.note = ""
        self._program = self._open(batch_size)

    @property
    def batch_size(self) -> int:
        """Windows that it takes at once; it becomes less when memory runs out."""
        return self._program.size

    def predict(self, windows: np.ndarray) -> Outputs:
        batches: list[list[np.ndarray]] = []
        start = 0
        while start < len(windows):
            program = self._program
            part = windows[start : start + program.size]
            try:
                batches.append(self._run(program, part))
            except NoMemoryError:
                self._halve(program)
            else:
                start += len(part)
        return to_outputs(batches, self._card, self.name)

    def _open(self, batch_size: int) -> _Program:
        if self._placement == Placement():
            return self._compile(batch_size or CPU_BATCH)
        try:
            return self._tried(batch_size)
        except NoMemoryError:
            raise
        except EngineError as fault:
            if not self._placement.compiled:
                raise
            # It wants parts of CUDA that plain TensorFlow does without.
            self._placement = replace(self._placement, compiled=False)
            self.note = f"XLA does not work here; without it the {self.device} is slower: {fault}"
            return self._tried(batch_size)

    def _tried(self, batch_size: int) -> _Program:
        """A program of this size, or of a smaller one that memory has room for; 0: of the fastest."""
        if batch_size:
            self._program = self._compile(batch_size)
            self.predict(np.zeros((1, *self._shape), np.uint8))
            return self._program
        programs: dict[int, _Program] = {}

        def rate(size: int) -> float:
            """Windows a second, copies in and out included."""
            programs[size] = self._compile(size)
            windows = np.zeros((size, *self._shape), np.uint8)
            self._run(programs[size], windows)  # the first call compiles
            calls, started = 0, time.monotonic()
            while (taken := time.monotonic() - started) < _TIMED_SECONDS:
                self._run(programs[size], windows)
                calls += 1
            return size * calls / taken

        return programs[fastest_batch(rate)]

    @property
    def _shape(self) -> tuple[int, int]:
        return self._card.frontend.bands, self._card.frontend.frames

    def _compile(self, size: int) -> _Program:
        """One traced function of one fixed shape: model.predict in a loop traces again and leaks."""
        tf, network = self._tf, self._network

        def forward(windows: Any) -> list[Any]:
            outputs = network(tf.cast(windows, tf.float32)[..., None] / 255, training=False)
            return [tf.cast(output, tf.float32) for output in outputs]

        signature = [tf.TensorSpec((size, *self._shape), tf.uint8)]
        compiled = tf.function(
            forward, input_signature=signature, jit_compile=self._placement.compiled or None
        )
        return _Program(size, compiled)

    def _run(self, program: _Program, part: np.ndarray) -> list[np.ndarray]:
        """The outputs for up to a batch of windows. Raises NoMemoryError, EngineError."""
        tf = self._tf
        try:
            with tf.device(self._placement.device):
                outputs = program.call(tf.constant(_filled_up(part, program.size)))
                return [output.numpy()[: len(part)] for output in outputs]
        except tf.errors.OpError as fault:
            if isinstance(fault, tf.errors.ResourceExhaustedError) or _OUT_OF_MEMORY.search(str(fault)):
                raise NoMemoryError(f"the {self.device} ran out of memory") from fault
            raise EngineError(f"TensorFlow failed on the {self.device}: {one_line(fault)[:200]}") from fault

    def _halve(self, failed: _Program) -> None:
        """From here on batches of half the size. Raises EngineError where there is no half."""
        with self._lock:
            if self._program is not failed:  # another thread was first
                return
            if failed.size == 1:
                raise EngineError(f"the {self.device}'s memory does not hold the network for one window")
            self._program = self._compile(failed.size // 2)
            self.note = f"The {self.device} ran out of memory: batches of {failed.size // 2} from here on."


def _filled_up(part: np.ndarray, size: int) -> np.ndarray:
    """With silence to `size` windows."""
    if len(part) == size:
        return part
    batch = np.zeros((size, *part.shape[1:]), np.uint8)
    batch[: len(part)] = part
    return batch


def _network(card: ModelCard, policy: str) -> Any:
    import keras

    from audiotag.model.onnx_weights import load_network

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return load_network(card)
    finally:
        keras.config.set_dtype_policy(before)


def _best_placement(tf: Any) -> Placement:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return Placement()
    with suppress(RuntimeError):  # in use already, by this process, as it was set up then
        # Else it takes all of the memory, whoever else draws or computes there.
        tf.config.experimental.set_memory_growth(gpus[0], True)
    capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0))
    return Placement("GPU:0", policy_for(capability), compiled=True)


def policy_for(capability: tuple[int, int]) -> str:
    """Keras' dtype policy for a GPU of this compute capability; (0, 0): it has none, as AMD's."""
    return "mixed_float16" if capability >= _FLOAT16_FROM else "float32"
