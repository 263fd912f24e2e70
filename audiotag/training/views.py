"""What the frozen stages make of the clips, kept so that they need to run only once.

A view is one random variation of every clip (augment.py). Feature maps are kept as
float16: half the memory, and far finer than the noise that the variations add.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audiotag.training.archive import MelArchive
from audiotag.training.augment import Augmentation, random_windows

if TYPE_CHECKING:
    import keras

VGGISH_SIZE = 128
_FORWARD_BATCH = 32
_PART = 1024  # clips that are held in 32 bits at a time

Say = Callable[[str], None]


@dataclass(frozen=True)
class Views:
    """maps: (views, n, ...) float16. genre: (n, genres) float32, one-hot.
    vggish: (n, 128) float32, standardised; has_vggish: (n,) float32, 0 where there is none."""

    maps: np.ndarray
    genre: np.ndarray
    vggish: np.ndarray
    has_vggish: np.ndarray

    def through(self, model: keras.Model) -> Views:
        """These views after some more layers."""
        return replace(self, maps=np.stack([through(model, maps) for maps in self.maps]))


def cut_network(network: keras.Model, layer: str) -> tuple[keras.Model, keras.Model]:
    """The network up to the output of a layer, and from there on; both share its weights."""
    import keras

    boundary = network.get_layer(layer).output
    return keras.Model(network.input, boundary), keras.Model(boundary, network.outputs)


def through(model: keras.Model, values: np.ndarray) -> np.ndarray:
    """float16 feature maps (n, ...), or uint8 windows (n, bands, frames), after some layers: float16."""
    parts: list[np.ndarray] = []
    for start in range(0, len(values), _PART):
        part: np.ndarray = values[start : start + _PART].astype(np.float32)
        if values.dtype == np.uint8:
            part = part[..., None] / np.float32(255)
        parts.append(model.predict(part, batch_size=_FORWARD_BATCH, verbose=0).astype(np.float16))
    return np.concatenate(parts)


@dataclass(frozen=True)
class ViewPlan:
    """How views are made. count: how many. frames: of a window. seed: of the variations."""

    count: int
    frames: int
    augmentation: Augmentation
    seed: int


def make_views(
    frozen: keras.Model, clips: MelArchive, genres: tuple[str, ...], plan: ViewPlan, say: Say
) -> Views:
    """Run `plan.count` random variations of every clip through the frozen stages."""
    rng = np.random.default_rng(plan.seed)
    maps = []
    for view in range(plan.count):
        maps.append(through(frozen, random_windows(clips.mel, plan.frames, plan.augmentation, rng)))
        say(f"frozen stages: view {view + 1} of {plan.count}")
    genre = np.eye(len(genres), dtype=np.float32)[clips.labels(genres)]
    return Views(np.stack(maps), genre, *standardised_vggish(clips))


def standardised_vggish(clips: MelArchive) -> tuple[np.ndarray, np.ndarray]:
    """(n, 128) float32 of mean 0 and deviation 1 a column, 0 where unknown; and (n,) 1 where known."""
    if clips.vggish is None:
        return np.zeros((len(clips), VGGISH_SIZE), np.float32), np.zeros(len(clips), np.float32)
    values = clips.vggish.astype(np.float64)
    known = np.asarray(np.isfinite(values).all(axis=1))
    if known.any():
        values = (values - values[known].mean(axis=0)) / (values[known].std(axis=0) + 1e-6)
    return np.where(known[:, None], values, 0.0).astype(np.float32), known.astype(np.float32)
