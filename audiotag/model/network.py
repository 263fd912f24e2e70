"""The Keras network: a ResNet50V2 with a single-channel stem and a pooled head.

Written against Keras 3 alone, so TensorFlow, JAX and PyTorch run the same code.
`keras` is imported inside the functions: it takes seconds to load, and only
training and the TensorFlow engine need it.

    mel window (bands, frames) 0..1
      → ResNet50V2, one input channel
      → at each tap: mean and maximum over time and mel band, concatenated
      → dropout → dense `hidden`, ReLU = the embedding
      → dropout → dense, softmax over the genres
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

# A pre-activation network has no ReLU at the end of a stage: the first one after
# stage convN is the pre-activation of the stage that follows.
TAPS = {
    "conv3": "conv4_block1_preact_relu",
    "conv4": "conv5_block1_preact_relu",
    "conv5": "post_relu",
}

# The output of a stage, where its residual blocks are joined: what the next stage begins with.
STAGE_ENDS = {"conv2": "conv2_block3_out", "conv3": "conv3_block4_out", "conv4": "conv4_block6_out"}


@dataclass(frozen=True)
class NetworkSpec:
    """What it takes to build the network; kept in the model card.

    bands, frames: size of a mel window. genres: number of classes.
    taps: the stages whose output is pooled, the last one being where the trunk ends.
    hidden: width of the embedding. dropout: before the hidden and the output layer.
    """

    bands: int
    frames: int
    genres: int
    taps: tuple[str, ...] = ("conv3", "conv4")
    hidden: int = 256
    dropout: float = 0.5

    @classmethod
    def from_card(cls, network: Mapping[str, Any], bands: int, frames: int, genres: int) -> NetworkSpec:
        """The `network` object of a card, with the sizes that its front-end and genres fix."""
        return cls(bands, frames, genres, tuple(network["taps"]), int(network["hidden"]))


def build_trunk(spec: NetworkSpec) -> keras.Model:
    """ResNet50V2 up to its last tap: (batch, bands, frames, 1) in 0..1 → one feature map a tap."""
    import keras

    resnet = keras.applications.ResNet50V2(
        include_top=False, weights=None, input_shape=(spec.bands, spec.frames, 1)
    )
    maps = [resnet.get_layer(TAPS[tap]).output for tap in spec.taps]
    return keras.Model(resnet.input, maps, name="trunk")


def add_head(maps: list[Any], spec: NetworkSpec) -> tuple[Any, Any]:
    """Feature maps (batch, h, w, channels) → (probabilities, embedding)."""
    from keras import layers

    pooled = []
    for tap, features in zip(spec.taps, maps, strict=True):
        pooled.append(layers.GlobalAveragePooling2D(name=f"{tap}_mean")(features))
        pooled.append(layers.GlobalMaxPooling2D(name=f"{tap}_max")(features))
    x = layers.Concatenate(name="pooled")(pooled)
    x = layers.BatchNormalization(name="pooled_bn")(x)
    x = layers.Dropout(spec.dropout, name="pooled_dropout")(x)
    embedding = layers.Dense(spec.hidden, activation="relu", name="embedding")(x)
    x = layers.Dropout(spec.dropout, name="embedding_dropout")(embedding)
    logits = layers.Dense(spec.genres, name="logits")(x)
    return layers.Activation("softmax", name="probabilities")(logits), embedding


def build_network(spec: NetworkSpec) -> keras.Model:
    """The whole network: (batch, bands, frames, 1) float 0..1 → (probabilities, embedding)."""
    import keras

    trunk = build_trunk(spec)
    return keras.Model(trunk.input, list(add_head(list(trunk.outputs), spec)), name="audiotag")


def load_initial_weights(model: keras.Model, path: Path) -> int:
    """Fill the trunk from an .npz of `layer/variable` arrays; returns how many were set.

    The stem's kernel may have three input channels (ImageNet): they are summed, which
    for a grey picture is the same convolution. ImageNet expects −1..1 where a mel
    window has 0..1; x → 2x − 1 goes into the stem's kernel and bias, exactly so but
    for the zero padding at the border.
    Layers that the file does not name keep their random start.
    Raises ValueError when an array's shape does not fit the network.
    """
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
    return count


def _single_channel_stem(name: str, value: np.ndarray, arrays: Any) -> np.ndarray:
    kernel = arrays["conv1_conv/kernel"].astype(np.float32)
    if kernel.shape[2] == 1:
        return value
    grey = kernel.sum(axis=2, keepdims=True)
    return np.asarray(2 * grey if name == "kernel" else value - grey.sum(axis=(0, 1, 2)))
