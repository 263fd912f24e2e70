"""What tests ask a worker to do with a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from audiotag.audio.child import DecodeLimits, Tell
from audiotag.audio.decode import listen
from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.audio.hearing import MonoSound
from audiotag.audio.stated import Stated
from audiotag.pipeline.extract import extract
from audiotag.pipeline.sliced import SlicingListener
from audiotag.pipeline.window_buffer import WindowBuffer


class Recorder:
    """A listener that keeps all samples."""

    wanted = None

    def __init__(self) -> None:
        self.blocks: list[np.ndarray] = []
        self.begun = 0

    def look(self, tell: Tell) -> None: ...

    def wants(self, stated: Stated, tell: Tell) -> bool:
        return True

    def hear(self, sound: MonoSound, tell: Tell) -> dict[str, Any]:
        for block in sound.blocks():
            tell(block.tobytes())
        return {"rate": sound.rate}

    def begin(self) -> None:
        self.blocks = []
        self.begun += 1

    def take(self, message: bytes) -> None:
        self.blocks.append(np.frombuffer(message, np.float32))


def mono(
    path: Path | bytes, limits: DecodeLimits | None = None, names: tuple[str, ...] | None = None
) -> tuple[np.ndarray, float]:
    """A whole file's mono samples and their rate, as the decoder gives them."""
    recorder = Recorder()
    answer = listen(os.fsencode(path), limits or DecodeLimits(), recorder, names)
    return np.concatenate([np.zeros(0, np.float32), *recorder.blocks]), answer["rate"]


def windows(
    path: Path | bytes, most: int | None = None, names: tuple[str, ...] | None = None
) -> tuple[np.ndarray, float]:
    """A file's mel windows and its seconds of sound, by the shipped front-end."""
    listener = SlicingListener(FMA_ARCHIVE, WindowBuffer(None, most))
    heard = extract(os.fsencode(path), listener, DecodeLimits(), names)
    assert heard is not None
    return np.stack(list(heard[0])), heard[1]
