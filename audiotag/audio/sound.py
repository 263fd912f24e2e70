"""What a decoder makes of a file, whichever it is: blocks of all channels, and stretches of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np

# Samples in a block, 1.5 s at 44.1 kHz: enough that what is done once a block costs nothing.
BLOCK_SAMPLES = 65_536
# DSD comes at an eighth of its bit rate, 352.8 kHz to 2.8 MHz: what is above this rate is brought
# below it, for a window of it would take hundreds of megabytes.
MOST_RATE = 384_000


class NotReadError(ValueError):
    """The file is nothing for this decoder. In words for a user."""


class Sound(Protocol):
    """A file that a decoder has open; its samples are float32, full scale ±1.

    rate: Hz. It is final once all blocks have been taken: a file may change its rate on its way.
    seconds: what the file promises, 0.0 where it promises nothing.
    """

    rate: float
    seconds: float

    @property
    def length(self) -> int | None:
        """How many samples a channel has, where that is certain and `stretch` comes to the right place;
        else None. Once it has been asked for, `rate` is certain as well."""

    def blocks(self) -> Iterator[np.ndarray]:
        """All of it from its start, (BLOCK_SAMPLES or fewer, channels). A block is good until the next
        one is asked for. Raises RuntimeError or ValueError where the decoder gives up."""

    def stretch(self, start: int, count: int) -> Iterator[np.ndarray]:
        """`count` samples from sample `start` on, as `blocks` has them; fewer where the file ends or is
        damaged."""

    def is_whole(self) -> bool:
        """Once all blocks have been taken: whether the decoder went through all of the file."""


class Opener(Protocol):
    def __call__(self, filename: str) -> AbstractContextManager[Sound]:
        """Open a file. Raises NotReadError."""
