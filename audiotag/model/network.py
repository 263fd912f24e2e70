"""The Keras networks: a ResNet50V2 with a single-channel stem and a pooled head, and baselines.

Written against Keras 3 alone, so TensorFlow, JAX and PyTorch run the same code.
`keras` is imported inside the functions: it takes seconds to load, and only
training and the TensorFlow engine need it.

    mel window (bands, frames) 0..1
      → enlarged, bilinear: the stages know objects of a photograph's size
      → ResNet50V2, one input channel
      → at each tap: mean and maximum over time and mel band, concatenated
      → dropout → dense `hidden`, ReLU = the embedding
      → dropout → dense, softmax over the genres

A model may be several of these, their probabilities averaged (ensemble.py).
The baselines (baselines.py) have their own features in place of the trunk and its pooling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import numpy as np

from audiotag.errors import ModelError
from audiotag.model.baselines import BASELINES, baseline_map
from audiotag.model.ensemble import average_networks

if TYPE_CHECKING:
    import keras

# A pre-activation network has no ReLU at the end of a stage: the first one after
# stage convN is the pre-activation of the stage that follows.
TAPS = {
    "conv3": "conv4_block1_preact_relu",
    "conv4": "conv5_block1_preact_relu",
    "conv5": "post_relu",
}

ARCHITECTURES = ("resnet50", *BASELINES)


@dataclass(frozen=True)
class NetworkSpec:
    """What it takes to build the network; kept in the model card.

    bands, frames: size of a mel window. genres: number of classes. arch: resnet50 or a baseline.
    taps: the stages whose output is pooled, the last one being where the trunk ends.
    enlarge: whole factors by which the window is enlarged over bands and frames, resnet50 only.
    shares: of each network of this design in the mean of their probabilities, or 1 for one alone.
    hidden: width of the embedding. dropout: before the hidden and the output layer.
    """

    bands: int
    frames: int
    genres: int
    taps: tuple[str, ...] = ("conv3", "conv4")
    hidden: int = 256
    dropout: float = 0.5
    arch: str = "resnet50"
    enlarge: tuple[int, int] = (1, 1)
    shares: tuple[float, ...] = (1.0,)

    @classmethod
    def from_card(cls, network: Mapping[str, Any], bands: int, frames: int, genres: int) -> NetworkSpec:
        """The `network` object of a card, with the sizes that its front-end and genres fix."""
        return cls(
            bands,
            frames,
            genres,
            tuple(network["taps"]),
            int(network["hidden"]),
            arch=str(network["arch"]),
            enlarge=(int(network["enlarge"][0]), int(network["enlarge"][1])),
            shares=tuple(float(share) for share in network.get("shares", [1.0])),
        )

    def to_card(self) -> dict[str, Any]:
        """The `network` object of a card."""
        return {
            "arch": self.arch,
            "taps": list(self.taps),
            "hidden": self.hidden,
            "enlarge": list(self.enlarge),
            "shares": list(self.shares),
        }


def build_trunk(spec: NetworkSpec) -> keras.Model:
    """ResNet50V2 up to its last tap: (batch, bands, frames, 1) in 0..1 → one feature map a tap."""
    import keras

    window = keras.Input((spec.bands, spec.frames, 1))
    picture = window
    if spec.enlarge != (1, 1):
        enlarge = keras.layers.UpSampling2D(spec.enlarge, interpolation="bilinear", name="enlarged")
        picture = enlarge(window)
    resnet = keras.applications.ResNet50V2(include_top=False, weights=None, input_tensor=picture)
    maps = [resnet.get_layer(TAPS[tap]).output for tap in spec.taps]
    return keras.Model(window, maps, name="trunk")


def pool_taps(maps: list[Any], taps: tuple[str, ...]) -> Any:
    """Feature maps (batch, h, w, channels), one a tap → their means and maxima, (batch, features)."""
    from keras import layers

    pooled = []
    # In 32 bits even where the maps come in 16: a mean over thousands of them needs it.
    policy = _head_policy()
    for tap, features in zip(taps, maps, strict=True):
        pooled.append(layers.GlobalAveragePooling2D(name=f"{tap}_mean", dtype=policy)(features))
        pooled.append(layers.GlobalMaxPooling2D(name=f"{tap}_max", dtype=policy)(features))
    return layers.Concatenate(name="pooled", dtype=policy)(pooled)


def add_head(pooled: Any, spec: NetworkSpec) -> tuple[Any, Any]:
    """Pooled features (batch, features) → (probabilities, embedding)."""
    from keras import layers

    policy = _head_policy()
    x = pooled
    if spec.arch == "resnet50":
        x = layers.BatchNormalization(name="pooled_bn", dtype=policy)(x)
    x = layers.Dropout(spec.dropout, name="pooled_dropout", dtype=policy)(x)
    embedding = layers.Dense(spec.hidden, activation="relu", name="embedding", dtype=policy)(x)
    x = layers.Dropout(spec.dropout, name="embedding_dropout", dtype=policy)(embedding)
    logits = layers.Dense(spec.genres, name="logits", dtype=policy)(x)
    return layers.Activation("softmax", name="probabilities", dtype=policy)(logits), embedding


def _head_policy() -> str:
    """What the head is computed in: the trunk's type, but for a trunk that mixes 16 and 32 bits."""
    import keras

    policy = keras.config.dtype_policy()
    return str(policy.variable_dtype)


def build_network(spec: NetworkSpec) -> keras.Model:
    """The whole network: (batch, bands, frames, 1) float 0..1 → (probabilities, embedding).

    It computes in Keras' present dtype policy. Raises ModelError for an unknown architecture, or shares
    that are no mean.
    """
    if spec.arch not in ARCHITECTURES:
        raise ModelError(f"no architecture {spec.arch!r}; there are: {', '.join(ARCHITECTURES)}")
    if min(spec.shares, default=0) < 0 or not isclose(sum(spec.shares), 1.0):
        given = ", ".join(f"{share:g}" for share in spec.shares) or "none"
        raise ModelError(f"the shares of a model's networks are at least 0 and sum to 1, not {given}")
    one = _build_one(spec)
    count = len(spec.shares)
    return one if count == 1 else average_networks([one] * count, spec.shares)


def _build_one(spec: NetworkSpec) -> keras.Model:
    import keras

    if spec.arch == "resnet50":
        trunk = build_trunk(spec)
        window, pooled = trunk.input, pool_taps(list(trunk.outputs), spec.taps)
    else:
        window = keras.Input((spec.bands, spec.frames, 1))
        pooled = baseline_map(spec.arch, window)
    return keras.Model(window, list(add_head(pooled, spec)), name="audiotag")


def load_initial_weights(model: keras.Model, path: Path) -> int:
    """Fill the trunk from an .npz of `layer/variable` arrays; returns how many were set.

    The stem's kernel may have three input channels (ImageNet): they are summed, which
    for a grey picture is the same convolution. ImageNet expects −1..1 where a mel
    window has 0..1; x → 2x − 1 goes into the stem's kernel and bias, exactly so but
    for the zero padding at the border.
    Layers that the file does not name keep their random start.
    Raises ValueError when an array's shape does not fit the network, or none is for it.
    """
    if not is_zipfile(path):  # NumPy would take it for a pickle, and advise to trust it
        raise ValueError("not a whole .npz file")
    count = 0
    with np.load(path, allow_pickle=False) as arrays:
        for layer in model.layers:
            for variable in layer.weights:
                name = f"{layer.name}/{variable.name}"
                if name not in arrays.files:
                    continue
                value = arrays[name].astype(np.float32)
                if layer.name == "conv1_conv":
                    value = _single_channel_stem(variable.name, value, arrays)
                if tuple(variable.shape) != value.shape:
                    raise ValueError(f"{name} is {value.shape}, the network wants {tuple(variable.shape)}")
                variable.assign(value)
                count += 1
    if count == 0:
        raise ValueError("none of its arrays is of this network")
    return count


def _single_channel_stem(name: str, value: np.ndarray, arrays: Any) -> np.ndarray:
    kernel = arrays["conv1_conv/kernel"].astype(np.float32)
    if kernel.shape[2] == 1:
        return value
    grey = kernel.sum(axis=2, keepdims=True)
    return np.asarray(2 * grey if name == "kernel" else value - grey.sum(axis=(0, 1, 2)))
