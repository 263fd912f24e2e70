"""What values a network's tensors have on real windows, and the 8-bit steps that fit them best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from onnx import TensorProto, helper

from audiotag.own_folders import keep_quiet

_BATCH = 8
_SAMPLES = 6_000  # of a tensor's values, of each batch
# Shares of the whole range that are tried: what is beyond is cut off, and the steps are finer.
_SHARES = np.linspace(0.3, 1.0, 29)
_SHARES_BELOW = np.linspace(0.3, 1.0, 15)


class Steps(NamedTuple):
    """8 bits, unsigned: value = (number - zero) * scale."""

    scale: np.float32
    zero: np.uint8


class Seen(NamedTuple):
    """Of a tensor (n, channels, height, width): of each channel the least and largest value, (channels,);
    of some values what they are and which channel's, (samples,)."""

    least: np.ndarray
    largest: np.ndarray
    values: np.ndarray
    channels: np.ndarray


def look_at(model: Any, names: Sequence[str], windows: np.ndarray) -> dict[str, Seen]:
    """Run `model`, an ONNX network, on windows (n, bands, frames) uint8, and look at tensors of it."""
    keep_quiet()
    import onnxruntime

    open_model = type(model)()
    open_model.CopyFrom(model)
    del open_model.graph.output[:]
    open_model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        open_model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    random = np.random.default_rng(0)
    parts: dict[str, list[Seen]] = {name: [] for name in names}
    for start in range(0, len(windows), _BATCH):
        found = session.run(list(names), {"windows": windows[start : start + _BATCH]})
        for name, values in zip(names, found, strict=True):
            parts[name].append(_seen(values, random))
    return {name: _joined(several) for name, several in parts.items()}


def _seen(values: np.ndarray, random: np.random.Generator) -> Seen:
    places = random.integers(values.size, size=_SAMPLES)
    channels = places // int(np.prod(values.shape[2:])) % values.shape[1]
    return Seen(values.min(axis=(0, 2, 3)), values.max(axis=(0, 2, 3)), values.ravel()[places], channels)


def _joined(several: Sequence[Seen]) -> Seen:
    least, largest, values, channels = zip(*several, strict=True)
    return Seen(
        np.min(least, axis=0), np.max(largest, axis=0), np.concatenate(values), np.concatenate(channels)
    )


def best_steps(seen: Seen, factors: np.ndarray | None) -> Steps:
    """The steps by which the values, each channel multiplied by its factor, come back with the least mean
    square error."""
    many = np.ones(len(seen.least), np.float32) if factors is None else factors
    least = min(float((seen.least * many).min()), 0.0)
    largest = max(float((seen.largest * many).max()), 1e-6)
    values = seen.values * many[seen.channels]
    tried = [
        _steps(below * least, above * largest)
        for below in (_SHARES_BELOW if least < 0 else [1.0])
        for above in _SHARES
    ]
    return min(tried, key=lambda steps: float(np.mean((_there_and_back(values, steps) - values) ** 2)))


def _steps(least: float, largest: float) -> Steps:
    scale = (largest - least) / 255
    return Steps(np.float32(scale), np.uint8(round(-least / scale)))


def _there_and_back(values: np.ndarray, steps: Steps) -> np.ndarray:
    zero = float(steps.zero)
    return np.asarray((np.clip(np.rint(values / steps.scale) + zero, 0, 255) - zero) * steps.scale)
