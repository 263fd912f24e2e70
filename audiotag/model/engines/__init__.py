"""Engines: a batch of mel windows → what the network says of each.

TensorFlow serves GPUs, ONNX Runtime and OpenVINO serve CPUs. Whether there is a GPU to use is told
without importing any, since TensorFlow alone takes seconds to load; which is the fastest on this CPU is
measured once (fastest.py).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from audiotag.errors import AudiotagError, EngineError, one_line
from audiotag.model.card import ModelCard
from audiotag.model.engines.gpu import why_no_gpu

ENGINES = ("auto", "onnx", "onnx-int8", "openvino", "tensorflow")
# Windows a call on a CPU: more are not faster there, and each takes 8 MB while it is computed.
CPU_BATCH = 4


class Outputs(NamedTuple):
    """What a network says of n windows, float32: probabilities (n, genres), before calibration
    (model/calibration.py); embedding (n, size); styles (n, styles), probabilities."""

    probabilities: np.ndarray
    embedding: np.ndarray
    styles: np.ndarray


class Engine(Protocol):
    """What every engine offers. `name` and `device` are for people."""

    @property
    def name(self) -> str: ...

    @property
    def device(self) -> str: ...

    def predict(self, windows: np.ndarray) -> Outputs:
        """Windows (n, bands, frames) uint8 → what the network says of each.

        n may be anything; inside, batches have one fixed shape. Threads may call it at once. Raises
        EngineError.
        """
        ...


def open_engine(card: ModelCard, engine: str, batch_size: int, threads: int = 0) -> Engine:
    """Open one of ENGINES; by `auto` the one that suits this machine.

    batch_size: windows a call to the library, 0: what suits the device. threads: of one call on a CPU, 0:
    one a core. Where TensorFlow was chosen but turned out to see no GPU, `note_of` the engine says so; where
    its GPU fails later, ONNX Runtime goes on, and the note says that. Raises EngineError for an unknown or
    missing engine, ModelError for a damaged model.
    """
    if engine == "auto":
        return _open_auto(card, batch_size, threads)
    if engine in ("onnx", "onnx-int8"):
        from audiotag.model.engines.onnx import OnnxEngine

        return OnnxEngine(card, batch_size or CPU_BATCH, threads, kind=engine)
    if engine == "openvino":
        from audiotag.model.engines.openvino import OpenVinoEngine

        return OpenVinoEngine(card, batch_size or CPU_BATCH, threads)
    if engine == "tensorflow":
        return _open_tensorflow(card, batch_size)
    raise EngineError(f"no engine {engine!r}: choose one of {', '.join(ENGINES)}")


def cpu_engines(card: ModelCard) -> tuple[str, ...]:
    """Those that there are for a CPU: by the model's files, and what is installed; `onnx` is always among
    them."""
    from audiotag.model.engines.openvino import is_installed

    int8 = ("onnx-int8",) if "onnx-int8" in card.files else ()
    return ("onnx", *int8, *(("openvino",) if is_installed() else ()))


def choose_engine() -> str:
    """`tensorflow` where it is installed and can use a GPU, else `onnx`, for whichever suits the CPU."""
    return "onnx" if why_no_gpu() else "tensorflow"


def why_chosen(engine: Engine) -> str:
    """How the fastest of several was found, in a line for people; or nothing."""
    choice = getattr(engine, "choice", None)
    return "" if choice is None else str(choice.words)


def note_of(engine: Engine) -> str:
    """Why it is not the engine that one may expect, in a line for people; or nothing."""
    return str(getattr(engine, "note", ""))


def batch_size_of(engine: Engine, asked: int = 0) -> int:
    """How many windows at once suit an engine: as many as were asked for, if any were."""
    return asked or int(getattr(engine, "batch_size", CPU_BATCH))


def _open_tensorflow(card: ModelCard, batch_size: int) -> Engine:
    from audiotag.model.engines.gpu_or_cpu import GpuOrCpu
    from audiotag.model.engines.tensorflow import TensorFlowEngine

    try:
        engine = TensorFlowEngine(card, batch_size)
    except AudiotagError:
        raise
    except Exception as fault:  # a driver that does not work fails in any way
        reason = one_line(fault) or type(fault).__name__
        raise EngineError(f"TensorFlow cannot be opened ({reason[:200]}); use --engine onnx") from fault
    return engine if engine.device == "CPU" else GpuOrCpu(engine, lambda: open_engine(card, "onnx", 0))


def _open_auto(card: ModelCard, batch_size: int, threads: int) -> Engine:
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
        note = f"TensorFlow is not used: {reason}. The CPU predicts."
    from audiotag.model.engines.fastest import open_fastest

    engine = open_fastest(card, cpu_engines(card), lambda name: open_engine(card, name, batch_size, threads))
    engine.note = note  # type: ignore[attr-defined]
    return engine


def to_outputs(batches: list[list[np.ndarray]], card: ModelCard, engine: str) -> Outputs:
    """The batches' outputs joined, each probabilities, embedding and, where there are some, styles.

    Raises EngineError unless every row is of probabilities, one for each of the card's genres and styles.
    """
    joined = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    probabilities, embedding = joined[:2]
    styles = joined[2] if len(joined) > 2 else np.zeros((len(probabilities), 0), np.float32)
    for what, found, named in (("genres", probabilities, card.genres), ("styles", styles, card.styles)):
        if found.shape[1] != len(named):
            raise EngineError(
                f"model {card.name}: its network knows {found.shape[1]} {what}, its card {len(named)}"
            )
        if not (np.isfinite(found).all() and ((found >= 0) & (found <= 1 + 1e-3)).all()):
            raise EngineError(f"{engine} gave something that is not a probability; try another --engine")
    return Outputs(np.minimum(probabilities, 1), embedding, np.minimum(styles, 1))


def output_names(card: ModelCard) -> list[str]:
    """Of a network file, in the order of Outputs."""
    return ["probabilities", "embedding", *(["styles"] if card.styles else [])]
