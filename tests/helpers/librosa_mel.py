"""The mel window as we make it and as librosa does, to compare them."""

from __future__ import annotations

from dataclasses import replace

import librosa
import numpy as np

from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.audio.mel import MelAnalyser
from audiotag.audio.windows import WindowSlicer, slice_windows

FULL = replace(FMA_ARCHIVE, bands=128, frames=1024)


def our_window(samples: np.ndarray, rate: int) -> np.ndarray:
    """The first window in dB below its maximum, (128, 1024)."""
    window = next(slice_windows([samples], WindowSlicer(MelAnalyser.build(FULL, rate))))
    return window * (80.0 / 255.0) - 80.0


def librosa_window(samples: np.ndarray, rate: int) -> np.ndarray:
    """The same as librosa sees it: resampled to 22,050 Hz, melspectrogram, power_to_db."""
    if rate != 22_050:
        samples = librosa.resample(samples, orig_sr=rate, target_sr=22_050)
    mel = librosa.feature.melspectrogram(y=samples, sr=22_050, n_fft=2048, hop_length=512, n_mels=128)
    return np.asarray(librosa.power_to_db(mel[:, :1024], ref=np.max, top_db=80))


def synthetic(rate: int, seconds: float = 25.0) -> np.ndarray:
    """Gliding partials and bursts of noise: steady, moving and sudden sound at once."""
    random = np.random.default_rng(3)
    t = np.arange(int(seconds * rate)) / rate
    partials = sum(0.1 * np.sin(2 * np.pi * f * (t + 0.01 * np.sin(t))) for f in (110, 440, 1320, 5000))
    bursts = 0.05 * random.standard_normal(len(t)) * np.abs(np.sin(3 * t)) ** 8
    return np.asarray(partials + bursts, np.float32)
