"""Essentia: the last decoder, for a file at which the others have crashed.

Its FFmpeg is older, and knows less; importing it takes two seconds and 300 MB. It has the whole file in
memory at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from audiotag.audio.sound import BLOCK_SAMPLES, NotReadError


def quiet_essentia() -> Any:
    """Import Essentia without the log lines that its bundled libraries print."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import essentia

    essentia.log.infoActive = False
    essentia.log.warningActive = False
    import essentia.standard

    return essentia


class EssentiaSound:
    """See sound.Sound."""

    length = None

    def __init__(self, samples: np.ndarray, rate: float) -> None:
        self._samples = samples
        self.rate = rate
        self.seconds = len(samples) / rate if rate else 0.0

    def blocks(self) -> Iterator[np.ndarray]:
        for start in range(0, len(self._samples), BLOCK_SAMPLES):
            yield self._samples[start : start + BLOCK_SAMPLES]

    def stretch(self, start: int, count: int) -> Iterator[np.ndarray]:
        raise NotImplementedError  # its length is None

    def is_whole(self) -> bool:
        return True


@contextmanager
def open_with_essentia(filename: str) -> Iterator[EssentiaSound]:
    """Open and decode a file. Raises NotReadError."""
    try:
        essentia = quiet_essentia()
        samples, rate, channels, *_ = essentia.standard.AudioLoader(filename=filename)()
    except (ImportError, RuntimeError) as fault:
        raise NotReadError(str(fault)) from fault
    yield EssentiaSound(samples[:, :channels], float(rate))
