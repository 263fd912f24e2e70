"""WAV files with floating-point samples, which may be anything, also no numbers."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_FLOATS = 3  # WAVE_FORMAT_IEEE_FLOAT


def make_float_wave(path: Path, samples: np.ndarray, rate: int, bits: int = 32) -> Path:
    """Write (samples, channels) as they are, in 32 or 64 bits."""
    channels = samples.shape[1]
    data = samples.astype(f"<f{bits // 8}").tobytes()
    width = channels * bits // 8
    kind = struct.pack("<HHIIHH", _FLOATS, channels, rate, rate * width, width, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(kind)) + kind + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path
