"""All channels → one, and when their mean is not what is heard of them.

Channels in opposite phase (a swapped wire, a "wide" master, karaoke) cancel out in the mean,
and there is silence, or what little the channels do not share, where a listener has music.

The rule: a block cancels when its mix has less than a fifth of the power that unrelated channels
would give, which for stereo is 10 dB below its channels. A file in which a quarter of the blocks
that are not silent do so is decoded by one channel alone, all of it. Wide stereo does not come
near: a song with a correlation of -0.6 throughout is still mixed.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

# Of each block so many samples are looked at, its first: 93 ms of every 1.5 s at 44.1 kHz.
PROBE = 4096

_CANCELS = 0.2
_SHARE = 0.25
# Below this, -80 dB of full scale, a block is silent whatever its channels do.
_SILENT = PROBE * 1e-8


class Mixer:
    """Mixes blocks as they come, and says at the end whether the mix is any good.

    only: the channel that is taken alone; None for the mean of all. samples: mixed so far.
    """

    def __init__(self, only: int | None = None) -> None:
        self._only = only
        self._audible = 0
        self._cancelled = 0
        self._energies: Counter[int] = Counter()
        self.samples = 0

    def mix(self, block: np.ndarray) -> np.ndarray:
        """(samples, channels) → (samples,), a copy."""
        self.samples += len(block)
        channels = block.shape[1]
        if channels == 1:
            return np.array(block[:, 0])
        # Nothing is known yet of what the samples are: damage.py looks at them.
        with np.errstate(all="ignore"):
            if self._only is not None:
                return np.array(block[:, min(self._only, channels - 1)])
            # A product of matrices is several times as fast as mean(axis=1).
            mono = np.asarray(block @ np.ones(channels, np.float32))
            mono /= np.float32(channels)
            self._watch(block[:PROBE], mono[:PROBE])
        return mono

    @property
    def cancels(self) -> bool:
        """Whether one channel has to be taken alone."""
        return self._cancelled > 0 and self._cancelled >= _SHARE * self._audible

    @property
    def loudest(self) -> int:
        """Which one."""
        return self._energies.most_common(1)[0][0] if self._energies else 0

    def _watch(self, block: np.ndarray, mono: np.ndarray) -> None:
        energies = np.square(block, dtype=np.float64).sum(axis=0)
        for channel, energy in enumerate(energies.tolist()):
            self._energies[channel] += energy
        # What energy the mix would have if the channels had nothing to do with each other.
        unrelated = float(energies.sum()) / len(energies) ** 2
        if unrelated > _SILENT:  # false for what is no number
            self._audible += 1
            self._cancelled += float(np.square(mono, dtype=np.float64).sum()) < _CANCELS * unrelated
