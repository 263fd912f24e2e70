"""The Keras networks: a ResNet50V2 with a single-channel stem and several heads, and baselines.

Written against Keras 3 alone, so TensorFlow, JAX and PyTorch run the same code.
`keras` is imported inside the functions: it takes seconds to load, and only
training and the TensorFlow engine need it.

    mel window (bands, frames) 0..1
      → enlarged, bilinear: the stages know objects of a photograph's size
      → ResNet50V2, one input channel
      → at each tap: mean and maximum over time and mel band, concatenated: pooled
    pooled → norm → dropout → dense `hidden`, ReLU → dropout → logits (genres)
    pooled without conv5 → dense = the embedding, linear: principal components (training/outputs/experts.py)
    logits and embedding → heads.py → probabilities
    embedding → dense → styles

The baselines (baselines.py) have their own features in place of the trunk and its pooling; their
hidden layer is the embedding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiotag.errors import ModelError
from audiotag.model.baselines import BASELINES, baseline_map
from audiotag.model.card import ModelCard
from audiotag.model.heads import add_experts, add_hidden, head_policy, pool_taps

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

    bands, frames: size of a mel window. genres, styles: how many it can say. arch: resnet50 or a baseline.
    collections: how many that were trained on have genres of their own, see heads.py.
    taps: the stages whose output is pooled, the last one being where the trunk ends.
    enlarge: whole factors by which the window is enlarged over bands and frames, resnet50 only.
    hidden: width of the layer before the logits. embedding: width of the embedding, or 0 where the
    hidden layer is it. dropout: before the hidden and the output layer.
    """

    bands: int
    frames: int
    genres: int
    taps: tuple[str, ...] = ("conv3", "conv4", "conv5")
    hidden: int = 512
    dropout: float = 0.5
    arch: str = "resnet50"
    enlarge: tuple[int, int] = (1, 1)
    embedding: int = 0
    styles: int = 0
    collections: int = 1

    @classmethod
    def from_card(cls, card: ModelCard) -> NetworkSpec:
        """Of the model that a card describes."""
        network = card.network
        return cls(
            card.frontend.bands,
            card.frontend.frames,
            len(card.genres),
            tuple(network["taps"]),
            int(network["hidden"]),
            arch=str(network["arch"]),
            enlarge=(int(network["enlarge"][0]), int(network["enlarge"][1])),
            embedding=int(network["embedding"]),
            styles=len(card.styles),
            collections=len(card.collections),
        )

    def to_card(self) -> dict[str, Any]:
        """The `network` object of a card."""
        return {
            "arch": self.arch,
            "taps": list(self.taps),
            "hidden": self.hidden,
            "embedding": self.embedding,
            "enlarge": list(self.enlarge),
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


def build_network(spec: NetworkSpec) -> keras.Model:
    """The whole network: (batch, bands, frames, 1) float 0..1 → [probabilities, embedding] and, where
    it has some, styles.

    It computes in Keras' present dtype policy. Raises ModelError for an unknown architecture.
    """
    import keras
    from keras import layers

    if spec.arch not in ARCHITECTURES:
        raise ModelError(f"no architecture {spec.arch!r}; there are: {', '.join(ARCHITECTURES)}")
    window, pooled, early = _pooled(spec)
    hidden, seen = add_hidden(pooled, spec.hidden, spec.dropout, normalise=spec.arch == "resnet50")
    policy = head_policy()
    logits = layers.Dense(spec.genres, name="logits", dtype=policy)(seen)
    embedding = hidden
    if spec.embedding:
        embedding = layers.Dense(spec.embedding, name="embedding", dtype=policy)(early)
    outputs = [add_experts(logits, embedding, spec.collections), embedding]
    if spec.styles:
        outputs.append(
            layers.Dense(spec.styles, activation="sigmoid", name="styles", dtype=policy)(embedding)
        )
    return keras.Model(window, outputs, name="audiotag")


def _pooled(spec: NetworkSpec) -> tuple[Any, Any, Any]:
    """(window, its features before the heads, those of them that the embedding is made of)."""
    import keras

    if spec.arch == "resnet50":
        trunk = build_trunk(spec)
        return trunk.input, *pool_taps(list(trunk.outputs), spec.taps)
    window = keras.Input((spec.bands, spec.frames, 1))
    features = baseline_map(spec.arch, window)
    return window, features, features
