"""How a network is trained: every number that shapes the result, in one place."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from audiotag.training.augment import Augmentation


@dataclass(frozen=True)
class Phase:
    """Passes over the data, peak learning rate (warm-up, then cosine), windows a step."""

    epochs: int
    rate: float
    batch: int


@dataclass(frozen=True)
class Recipe:
    """The training of the shipped model; it is copied into the model card.

    frozen: the stage up to which the trunk keeps its initial weights.
    views: random variations of each clip that go through the frozen stages, once.
    head: the phase that trains the head on the untouched trunk.
    trunk: the phase that trains the stages above `frozen` and the head together.
    weight_decay: AdamW's. ema: momentum of the averaged weights, which are taken at the end of
    each phase.
    mixup: alpha, on the frozen stages' output. label_smoothing: share taken from the label.
    distillation: weight of the loss on the VGGish embedding beside the genre's.
    precision: what the threshold in the card aims for.
    """

    taps: tuple[str, ...] = ("conv3", "conv4")
    frozen: str = "conv3"
    views: int = 6
    head: Phase = Phase(epochs=30, rate=1e-3, batch=64)
    trunk: Phase = Phase(epochs=2, rate=1e-5, batch=32)
    weight_decay: float = 0.05
    ema: float = 0.99
    mixup: float = 0.3
    label_smoothing: float = 0.1
    distillation: float = 0.5
    dropout: float = 0.5
    precision: float = 0.75
    seed: int = 1
    # No masks: frozen stages cannot learn to look past them.
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(band_shift=2, time_masks=0, band_masks=0)
    )

    def to_card(self) -> dict[str, Any]:
        return asdict(self)
