"""Engines: a batch of mel windows → probabilities and embeddings.

ONNX Runtime serves CPUs, TensorFlow serves GPUs. Which one is chosen without
importing either, since TensorFlow alone takes seconds to load.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from audiotag.errors import EngineError, one_line
from audiotag.model.card import ModelCard
from audiotag.model.engines.gpu import why_no_gpu
from audiotag.model.temperature import scale_temperature

ENGINES = ("auto", "onnx", "tensorflow")


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

    Where TensorFlow was chosen but turned out to see no GPU, `note_of` the engine says so. Raises
    EngineError for an unknown or missing engine, ModelError for a damaged model.
    """
    if engine == "auto":
        return _open_auto(card, batch_size)
    if engine == "onnx":
        from audiotag.model.engines.onnx import OnnxEngine

        return OnnxEngine(card, batch_size)
    if engine == "tensorflow":
        from audiotag.model.engines.tensorflow import TensorFlowEngine

        return TensorFlowEngine(card, batch_size)
    raise EngineError(f"no engine {engine!r}: choose one of {', '.join(ENGINES)}")


def choose_engine() -> str:
    """`tensorflow` where it is installed and can use a GPU, else `onnx`."""
    return "onnx" if why_no_gpu() else "tensorflow"


def note_of(engine: Engine) -> str:
    """Why it is not the engine that one may expect, in a line for people; or nothing."""
    return str(getattr(engine, "note", ""))


def _open_auto(card: ModelCard, batch_size: int) -> Engine:
    note = ""
    if choose_engine() == "tensorflow":
        try:
            engine = open_engine(card, "tensorflow", batch_size)
        except Exception as fault:  # one that is half installed fails in any way
            reason = one_line(fault) or type(fault).__name__
        else:
            if engine.device != "CPU":
                return engine
            reason = "it sees no GPU, though there is one"
        note = f"TensorFlow is not used: {reason}. ONNX Runtime predicts, on the CPU."
    engine = open_engine(card, "onnx", batch_size)
    engine.note = note  # type: ignore[attr-defined]
    return engine


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
    return scale_temperature(joined, card.temperature), np.concatenate(embeddings)
