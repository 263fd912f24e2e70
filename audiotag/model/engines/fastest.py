"""Which engine is the fastest on this CPU: measured once, and remembered.

The same network runs in several forms: in 32 bits by ONNX Runtime, which every installation has; with its
last stages in 8 bits, where the model has such a file; in bfloat16 by OpenVINO, where that is installed.
What each costs depends on the CPU's instructions and on the runtimes' versions. So the first run measures
all that there are, in processor time on a few windows, and writes the outcome into the user's cache
folder, under all that it depends on: from then on the same machine gives the same answers. Where that file
cannot be read or written, nothing is lost but the time of the measurement.

A form must beat ONNX Runtime's 32 bits, which say most exactly what was trained, by a tenth.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from audiotag.atomic import atomic_text
from audiotag.audio.loky import cores
from audiotag.errors import EngineError
from audiotag.model.card import ModelCard
from audiotag.model.engines import Engine

EXACT = "onnx"
INT8 = "onnx-int8"
OPENVINO = "openvino"

_WINDOWS = 2  # of a measurement
_TIMES = 3  # of which the least counts
_GAIN = 0.9  # of the exact form's time, that another must stay below
_REMEMBERED = 32  # outcomes: of other versions, models, machines that share a home

Open = Callable[[str], Engine]


@dataclass(frozen=True)
class Choice:
    """engine: its name. took: ms of processor time a window, by engine."""

    engine: str
    took: Mapping[str, float]

    @property
    def words(self) -> str:
        """Why, for people."""
        shown = ", ".join(f"{name} {ms:.1f}" for name, ms in self.took.items())
        return f"the fastest here, in ms of processor time a window: {shown}"


def open_fastest(card: ModelCard, names: tuple[str, ...], open_one: Open) -> Engine:
    """The fastest of the engines `names`, EXACT among them, as `open_one` opens it.

    One of the others that cannot be opened or run is no candidate; `choice` of the engine says how it came
    about, where there was a choice. Raises EngineError or ModelError when EXACT does not open, and ModelError
    for a damaged file of another form.
    """
    if names == (EXACT,):
        return open_one(EXACT)
    key = _key(card, names)
    choice = _remembered(key, names)
    if choice is not None:
        with suppress(EngineError):
            return _chosen(open_one(choice.engine), choice)
    opened = {EXACT: open_one(EXACT)}
    took = {EXACT: _measured(opened[EXACT], card)}
    for name in names:
        if name != EXACT:
            with suppress(EngineError):
                opened[name] = open_one(name)
                took[name] = _measured(opened[name], card)
    best = min(took, key=lambda name: took[name])
    choice = Choice(best if took[best] < _GAIN * took[EXACT] else EXACT, took)
    # Another run may have measured at the same time: what it has remembered counts.
    first = _remembered(key, names)
    if first is not None and first.engine in took:
        return _chosen(opened[first.engine], first)
    _remember(key, choice)
    return _chosen(opened[choice.engine], choice)


def _chosen(engine: Engine, choice: Choice) -> Engine:
    engine.choice = choice  # type: ignore[attr-defined]
    return engine


def _measured(engine: Engine, card: ModelCard) -> float:
    """ms of processor time a window, which other programs do not lengthen much. Raises EngineError."""
    shape = (_WINDOWS, card.frontend.bands, card.frontend.frames)
    windows = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    engine.predict(windows)  # the first call compiles
    least = float("inf")
    for _ in range(_TIMES):
        started = time.process_time()
        engine.predict(windows)
        least = min(least, time.process_time() - started)
    return round(1e3 * least / _WINDOWS, 3)


def _key(card: ModelCard, names: tuple[str, ...]) -> str:
    """All that an outcome depends on, as a digest."""
    known: list[Any] = [card.identity, names, _processor(), cores()]
    for package in ("onnxruntime", "openvino"):
        with suppress(PackageNotFoundError):
            known.append((package, version(package)))
    return hashlib.sha256(repr(known).encode()).hexdigest()[:32]


def _processor() -> tuple[str, ...]:
    """Model and instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.machine(), platform.processor()
    wanted = ("model name", "flags", "Features", "CPU part")
    return (platform.machine(), *dict.fromkeys(line for line in lines if line.startswith(wanted)))


def cache_file() -> Path:
    """Where outcomes are remembered."""
    return user_cache_path("audiotag") / "engines.json"


def _remembered(key: str, names: tuple[str, ...]) -> Choice | None:
    try:
        entry = _read()[key]
        choice = Choice(str(entry["engine"]), {str(name): float(ms) for name, ms in entry["took"].items()})
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    return choice if choice.engine in names else None


def _read() -> dict[str, Any]:
    """What is remembered; nothing where the file is not there, or not what was written."""
    try:
        values = json.loads(cache_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _remember(key: str, choice: Choice) -> None:
    kept = [item for item in _read().items() if item[0] != key][-_REMEMBERED + 1 :]
    with suppress(OSError):
        cache_file().parent.mkdir(parents=True, exist_ok=True)
        with atomic_text(cache_file()) as file:
            json.dump(dict(kept) | {key: asdict(choice)}, file, indent=1)
