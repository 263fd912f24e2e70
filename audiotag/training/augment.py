"""Random variations of mel windows, so that a network learns music and not recordings.

All work on a batch, uint8 in and out, and draw from the generator that they are given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Integral

import numpy as np

from audiotag.errors import UsageError
from audiotag.training.archive import raise_to_maximum, sounding_columns


@dataclass(frozen=True)
class Augmentation:
    """How much of each variation; zero turns it off.

    time_zoom, band_zoom: stretched or squeezed by at most this factor, as a logarithm (0.1: ±10 %),
    in time (tempo) and over the mel bands.
    band_shift: at most so many mel bands up or down (transposition).
    gain_db: at most so many dB quieter before the floor cuts in; what is left is scaled to its
    maximum again, as every window is, so a quieter recording has less above its floor.
    tilt_db: at most so many dB of spectral tilt, lowest to highest band (equaliser, microphone).
    time_masks, time_mask: how many stretches are silenced, at most so many frames each.
    band_masks, band_mask: the same for mel bands (SpecAugment, Park et al. 2019).
    top_db: the range that 0..255 stands for, dB, over 0.

    Raises UsageError for a number that is negative or none.
    """

    time_zoom: float = 0.1
    band_zoom: float = 0.05
    band_shift: int = 3
    gain_db: float = 0.0
    tilt_db: float = 6.0
    time_masks: int = 2
    time_mask: int = 25
    band_masks: int = 2
    band_mask: int = 12
    top_db: float = 80.0

    def __post_init__(self) -> None:
        for part in fields(self):
            name, value = f"recipe: augmentation.{part.name}", getattr(self, part.name)
            if isinstance(part.default, int) and not isinstance(value, Integral):
                raise UsageError(f"{name} is a whole number, not {value!r}")
            # What is divided by must not be 0; neither comparison lets NaN pass.
            words, holds = ("over 0", value > 0) if part.name == "top_db" else ("at least 0", value >= 0)
            if not (holds and value < math.inf):
                raise UsageError(f"{name} is {words}, not {value!r}")


def random_windows(
    mel: np.ndarray, frames: int, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """One random, varied window of each clip: (n, bands, columns) → (n, bands, frames), uint8."""
    windows = zoomed_crops(mel, frames, augmentation.time_zoom, rng)
    windows = zoom_bands(windows, augmentation.band_zoom, rng)
    windows = shift_bands(windows, augmentation.band_shift, rng)
    windows = quieter(windows, augmentation.gain_db, augmentation.top_db, rng)
    windows = tilt(windows, augmentation.tilt_db, augmentation.top_db, rng)
    windows = raise_to_maximum(windows)
    mask(windows, 2, augmentation.time_masks, augmentation.time_mask, rng)
    mask(windows, 1, augmentation.band_masks, augmentation.band_mask, rng)
    return windows


def zoomed_crops(mel: np.ndarray, frames: int, most: float, rng: np.random.Generator) -> np.ndarray:
    """A stretch from anywhere in each clip, of `frames` columns times at most exp(±most), sampled
    at `frames` points. Where its sound is shorter than that, silence follows."""
    windows = np.zeros((len(mel), mel.shape[1], frames), np.uint8)
    for clip, window, columns in zip(mel, windows, sounding_columns(mel), strict=True):
        factor = float(np.exp(rng.uniform(-most, most)))
        if columns >= frames:
            factor = min(factor, columns / frames)
        spare = max(0, columns - round(frames * factor))
        points = int(rng.integers(0, spare + 1)) + ((np.arange(frames) + 0.5) * factor).astype(int)
        inside = points < columns
        window[:, inside] = clip[:, points[inside]]
    return windows


def zoom_bands(windows: np.ndarray, most: float, rng: np.random.Generator) -> np.ndarray:
    """Stretch or squeeze each window over its bands, from the lowest up, by at most exp(±most)."""
    if most == 0:
        return windows
    bands = windows.shape[1]
    zoomed = np.zeros_like(windows)
    for source, target in zip(windows, zoomed, strict=True):
        points = ((np.arange(bands) + 0.5) * np.exp(rng.uniform(-most, most))).astype(int)
        inside = points < bands
        target[inside] = source[points[inside]]
    return zoomed


def quieter(windows: np.ndarray, most_db: float, top_db: float, rng: np.random.Generator) -> np.ndarray:
    """Take at most `most_db` off each window; what falls below the floor is silence."""
    if most_db == 0:
        return windows
    by = np.rint(rng.uniform(0, most_db, (len(windows), 1, 1)) * (255 / top_db))
    return np.asarray(np.maximum(windows - by, 0), np.uint8)


def shift_bands(windows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Move each window up or down by at most `most` bands; what comes in is silence."""
    bands = windows.shape[1]
    moved = np.zeros_like(windows)
    for source, target, by in zip(windows, moved, rng.integers(-most, most + 1, len(windows)), strict=True):
        if by >= 0:
            target[by:] = source[: bands - by]
        else:
            target[:by] = source[-by:]
    return moved


def tilt(windows: np.ndarray, most_db: float, top_db: float, rng: np.random.Generator) -> np.ndarray:
    """Add a straight line over the bands, at most `most_db` from end to end; silence stays silence."""
    if most_db == 0:
        return windows
    slope = rng.uniform(-most_db, most_db, (len(windows), 1, 1)) * (255.0 / top_db)
    line = np.linspace(-0.5, 0.5, windows.shape[1])[None, :, None]
    tilted = np.clip(np.rint(windows + slope * line), 1, 255)
    return np.asarray(np.where(windows > 0, tilted, 0), np.uint8)


def mask(windows: np.ndarray, axis: int, count: int, widest: int, rng: np.random.Generator) -> None:
    """Silence `count` stretches of random width along `axis` of each window, in place."""
    size = windows.shape[axis]
    for window in windows:
        along = window if axis == 1 else window.T
        for _ in range(count):
            width = int(rng.integers(0, min(widest, size) + 1))
            start = int(rng.integers(0, size - width + 1))
            along[start : start + width] = 0


def mixup(batch: tuple[np.ndarray, ...], alpha: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Blend each example with another of the batch (Zhang et al. 2018), all arrays alike.

    The share of the first is drawn from Beta(alpha, alpha); alpha 0 leaves all as it is.
    """
    if alpha == 0:
        return batch
    count = len(batch[0])
    share = rng.beta(alpha, alpha, count).astype(np.float32)
    partner = rng.permutation(count)

    def blend(values: np.ndarray) -> np.ndarray:
        weight = share.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(weight * values + (1 - weight) * values[partner])

    return tuple(blend(values) for values in batch)
