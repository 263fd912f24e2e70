"""The two small networks of the project that audiotag began with, for comparison.

Both are convolutions from scratch, without norms, a wide dense layer and a softmax:

    convpool       four times convolution and pooling, dense 1,024
    convconvpool   two times two convolutions and pooling, dense 256
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# For each block, the filters of its convolutions of 3×3; then pooling by 2×2, or as said.
BASELINES: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "convpool": ((32,), (64,), (128,), (256,)),
    "convconvpool": ((32, 32), (64, 64)),
}
_POOL: Mapping[str, int] = {"convpool": 2, "convconvpool": 4}


def baseline_map(arch: str, window: Any) -> Any:
    """(batch, bands, frames, 1) → the features before the dense layer, (batch, n)."""
    from keras import layers

    x = window
    for number, filters in enumerate(BASELINES[arch], start=1):
        for step, width in enumerate(filters, start=1):
            name = f"block{number}_conv{step}"
            x = layers.Conv2D(width, 3, padding="same", name=name)(x)
            x = layers.Activation("relu", name=f"{name}_relu")(x)
        x = layers.MaxPooling2D(_POOL[arch], name=f"block{number}_pool")(x)
    return layers.Flatten(name="pooled")(x)
