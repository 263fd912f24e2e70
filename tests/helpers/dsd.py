"""DSF files made by code: one bit a sample, as Super Audio CDs have it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from tests.helpers.audio_files import Samples

_BLOCK = 4096


def make_dsf(path: Path, samples: Samples, rate: int, times: int = 64) -> Path:
    """Write (samples, channels), mono or stereo, at `rate` Hz as DSD of `times` that rate.

    The bits come from a first-order sigma-delta modulator: as many ones as the sound has level.
    """
    count, channels = len(samples) * times, samples.shape[1]
    streams = []
    for channel in range(channels):
        level = np.repeat(0.5 + 0.5 * samples[:, channel].astype(np.float64), times)
        bits = np.diff(np.floor(np.cumsum(level)), prepend=0.0).astype(bool)
        packed = np.packbits(bits, bitorder="little").tobytes()
        streams.append(packed + bytes(-len(packed) % _BLOCK))
    blocks = b"".join(
        stream[start : start + _BLOCK] for start in range(0, len(streams[0]), _BLOCK) for stream in streams
    )
    data = b"data" + struct.pack("<Q", 12 + len(blocks)) + blocks
    kind = struct.pack("<IIIIIIQII", 1, 0, channels, channels, rate * times, 1, count, _BLOCK, 0)
    head = b"DSD " + struct.pack("<QQQ", 28, 28 + 52 + len(data), 0)
    path.write_bytes(head + b"fmt " + struct.pack("<Q", 52) + kind + data)
    return path
