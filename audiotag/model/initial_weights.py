"""What a network begins with: arrays from an .npz, or the trunk of a model that was trained before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import numpy as np

from audiotag.model.onnx_weights import layer_weights, onnx_arrays

if TYPE_CHECKING:
    import keras


def load_initial_weights(model: keras.Model, path: Path) -> list[str]:
    """Fill the layers of `model` from a file; returns the names of those that were filled, in order.

    An .npz holds `layer/variable` arrays; of a model (.onnx as audiotag writes it, or .keras) the layers of
    the trunk are taken. The stem's kernel may have three input channels (ImageNet): they
    are summed, which for a grey picture is the same convolution. ImageNet expects −1..1 where a mel
    window has 0..1; x → 2x − 1 goes into the stem's kernel and bias, exactly so but for the zero
    padding at the border. Layers that the file does not name keep their random start.
    Raises ValueError when an array's shape does not fit the network, or none is for it.
    """
    filled = []
    with _arrays(model, path) as arrays:
        for layer in model.layers:
            found = False
            for variable in layer.weights:
                name = f"{layer.name}/{variable.name}"
                if name not in arrays:
                    continue
                value = np.asarray(arrays[name], np.float32)
                if layer.name == "conv1_conv":
                    value = _single_channel_stem(variable.name, value, arrays)
                if tuple(variable.shape) != value.shape:
                    raise ValueError(f"{name} is {value.shape}, the network wants {tuple(variable.shape)}")
                variable.assign(value)
                found = True
            if found:
                filled.append(layer.name)
    if not filled:
        raise ValueError("none of its arrays is of this network")
    return filled


@contextmanager
def _arrays(model: keras.Model, path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".onnx":
        yield _of_onnx(model, path)
        return
    if not is_zipfile(path):  # NumPy would take it for a pickle, and advise to trust it
        raise ValueError("not a whole .npz, .onnx or .keras file")
    if path.suffix == ".keras":
        yield _of_keras(path)
        return
    with np.load(path, allow_pickle=False) as arrays:
        yield arrays


def _of_onnx(model: keras.Model, path: Path) -> Mapping[str, np.ndarray]:
    arrays, found = onnx_arrays(path), {}
    for layer in filter(_is_of_trunk, model.layers):
        with suppress(KeyError):  # the file's trunk may end earlier
            for variable, value in zip(layer.weights, layer_weights(layer, arrays), strict=True):
                found[f"{layer.name}/{variable.name}"] = value
    return found


def _of_keras(path: Path) -> Mapping[str, np.ndarray]:
    import keras

    saved = keras.saving.load_model(path, compile=False, custom_objects={"log": keras.ops.log})
    return {
        f"{layer.name}/{variable.name}": keras.ops.convert_to_numpy(variable)
        for layer in filter(_is_of_trunk, saved.layers)
        for variable in layer.weights
    }


def _is_of_trunk(layer: Any) -> bool:
    return bool(layer.weights) and layer.name.startswith(("conv", "post_"))


def _single_channel_stem(name: str, value: np.ndarray, arrays: Mapping[str, Any]) -> np.ndarray:
    kernel = np.asarray(arrays["conv1_conv/kernel"], np.float32)
    if kernel.shape[2] == 1:
        return value
    grey = kernel.sum(axis=2, keepdims=True)
    return np.asarray(2 * grey if name == "kernel" else value - grey.sum(axis=(0, 1, 2)))
