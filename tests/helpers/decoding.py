"""What tests ask a worker to do with a file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from audiotag.audio.child import DecodeLimits
from audiotag.audio.decode import listen
from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.pipeline.extract import extract
from audiotag.pipeline.window_buffer import WindowBuffer


def mono(path: Path | bytes, limits: DecodeLimits | None = None) -> tuple[np.ndarray, float]:
    """A whole file's mono samples and their rate, as the decoder gives them."""
    return listen(
        os.fsencode(path), limits or DecodeLimits(), lambda rate, blocks: (np.concatenate(list(blocks)), rate)
    )


def windows(path: Path | bytes) -> tuple[np.ndarray, float]:
    """A file's mel windows and its seconds of sound, by the shipped front-end."""
    found, seconds = extract(os.fsencode(path), FMA_ARCHIVE, DecodeLimits(), WindowBuffer(None))
    return np.stack(list(found)), seconds
