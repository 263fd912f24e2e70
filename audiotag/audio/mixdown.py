"""When the mean of a file's channels is not what is heard of it.

Channels in opposite phase (a swapped wire, a "wide" master, karaoke) cancel out in the mean,
and there is silence, or what little the channels do not share, where a listener has music.

The rule: a block cancels when its mix has less than a fifth of the power that unrelated channels
would give, which for stereo is 10 dB below its channels. A file in which a quarter of the blocks
that are not silent do so is decoded by one channel alone, all of it. Wide stereo does not come
near: a song with a correlation of -0.6 throughout is still mixed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Of each block so many samples are looked at, its first: 93 ms of every 1.5 s at 44.1 kHz.
PROBE = 4096

_CANCELS = 0.2
_SHARE = 0.25
# Below this, -80 dB of full scale, a block is silent whatever its channels do.
_SILENT = PROBE * 1e-8


class MixWatch:
    """Watches the mixed blocks as they come, and says at the end whether the mix is any good."""

    def __init__(self) -> None:
        self._mixed: list[float] = []

    def take(self, block: np.ndarray) -> None:
        """The next block of the mix, BLOCK_SAMPLES."""
        self._mixed.append(float(np.square(block[:PROBE], dtype=np.float64).sum()))

    def cancels(self, unrelated: Sequence[float]) -> bool:
        """Whether one channel has to be taken alone. unrelated: see child.Decoded."""
        audible = cancelled = 0
        for mixed, level in zip(self._mixed, unrelated, strict=False):
            if level > _SILENT:  # false for what is no number
                audible += 1
                cancelled += mixed < _CANCELS * level
        return cancelled > 0 and cancelled >= _SHARE * audible
