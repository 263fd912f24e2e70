"""Engines: a batch of mel windows → probabilities and embeddings.

ONNX Runtime serves CPUs, TensorFlow serves GPUs. Which one is chosen without
importing either, since TensorFlow alone takes seconds to load.
"""

from __future__ import annotations

import glob
import importlib.util
from typing import Protocol

import numpy as np

from audiotag.errors import EngineError
from audiotag.model.card import ModelCard
from audiotag.model.temper import temper

ENGINES = ("auto", "onnx", "tensorflow")
GPU_DEVICE_NODES = ("/dev/nvidia[0-9]*", "/dev/kfd")


class Engine(Protocol):
    """What every engine offers. `name` and `device` are for people."""

    name: str
    device: str

    def predict(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, bands, frames) uint8 → probabilities (n, genres), embeddings (n, hidden), float32.

        n may be anything; inside, batches have one fixed shape. Raises EngineError.
        """
        ...


def open_engine(card: ModelCard, engine: str, batch_size: int) -> Engine:
    """Open `onnx`, `tensorflow` or, by `auto`, the one that suits this machine.

    Raises EngineError for an unknown or missing engine, ModelError for a damaged model.
    """
    if engine == "auto":
        engine = choose_engine()
    if engine == "onnx":
        from audiotag.model.engines.onnx import OnnxEngine

        return OnnxEngine(card, batch_size)
    if engine == "tensorflow":
        from audiotag.model.engines.tensorflow import TensorFlowEngine

        return TensorFlowEngine(card, batch_size)
    raise EngineError(f"no engine {engine!r}: choose one of {', '.join(ENGINES)}")


def choose_engine() -> str:
    """`tensorflow` where there is a GPU device node and TensorFlow is installed, else `onnx`."""
    has_gpu = any(glob.glob(pattern) for pattern in GPU_DEVICE_NODES)
    has_tensorflow = importlib.util.find_spec("tensorflow") is not None
    return "tensorflow" if has_gpu and has_tensorflow else "onnx"


def to_input(windows: np.ndarray, batch_size: int) -> np.ndarray:
    """uint8 windows → float32 0..1, filled up with silence to `batch_size` windows."""
    batch = np.zeros((batch_size, *windows.shape[1:]), np.float32)
    np.multiply(windows, np.float32(1 / 255), out=batch[: len(windows)])
    return batch


def to_answer(
    probabilities: list[np.ndarray], embeddings: list[np.ndarray], card: ModelCard, engine: str
) -> tuple[np.ndarray, np.ndarray]:
    """The batches' outputs joined, the probabilities at the card's temperature.

    Raises EngineError unless every row is a probability distribution over the card's genres.
    """
    joined = np.concatenate(probabilities)
    if joined.shape[1] != len(card.genres):
        known, named = joined.shape[1], len(card.genres)
        raise EngineError(f"model {card.name}: its network knows {known} genres, its card {named}")
    if not np.isfinite(joined).all() or np.abs(joined.sum(axis=1) - 1).max(initial=0) > 1e-3:
        raise EngineError(f"{engine} gave something that is not a probability; try another --engine")
    return temper(joined, card.temperature), np.concatenate(embeddings)
