"""Samples that are no sound: not a number, or beyond all measure. Floating-point files have them.

Broken plug-ins and damaged files leave NaN, infinities and spikes. One of them would make
everything else in its window vanish below the floor, so each becomes silence, and is counted: a
file with more than a trace of them is not judged by what is left.
"""

from __future__ import annotations

import numpy as np

# The share of a file's samples up to which damage is a trace: 2 s of a song.
TRACE = 0.01
# Beyond this, 200 dB above full scale, nothing is sound; below, the power of a frame fits float32.
_ABSURD = 1e10
# Louder than 24 dB above full scale no mix gets by mistake. But a whole file may be scaled so (16
# bits written as if they were floats): a spike is also 30 dB above nearly all of its block.
_LOUD = 16.0
_SPIKE = 32.0
_NEARLY_ALL = 0.99


class Cleaner:
    """Takes blocks and gives them back without damaged samples, counting them."""

    def __init__(self) -> None:
        self._samples = 0
        self._damaged = 0

    @property
    def share(self) -> float:
        """Damaged samples of all so far, 0..1."""
        return self._damaged / self._samples if self._samples else 0.0

    def clean(self, block: np.ndarray) -> np.ndarray:
        """The same block where all is well; else a copy with zeros for what is no sound."""
        self._samples += len(block)
        # Comparisons with NaN are false, so one of them anywhere leads on.
        if not len(block) or (block.max() <= _LOUD and block.min() >= -_LOUD):
            return block
        level = np.abs(np.where(np.isfinite(block), block, np.float32(0)))
        damaged = ~np.isfinite(block) | (level > _ABSURD)
        level[damaged] = 0
        usual = np.partition(level, int(_NEARLY_ALL * (len(level) - 1)))[int(_NEARLY_ALL * (len(level) - 1))]
        damaged |= level > max(_LOUD, _SPIKE * float(usual))
        self._damaged += int(damaged.sum())
        return np.where(damaged, np.float32(0), block)
