"""Random variations of mel windows, so that a network learns music and not recordings.

All work on a batch, uint8 in and out, and draw from the generator that they are given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.training.archive import raise_to_maximum


@dataclass(frozen=True)
class Augmentation:
    """How much of each variation; zero turns it off.

    band_shift: at most so many mel bands up or down (transposition).
    tilt_db: at most so many dB of spectral tilt, lowest to highest band (equaliser, microphone).
    time_masks, time_mask: how many stretches are silenced, at most so many frames each.
    band_masks, band_mask: the same for mel bands (SpecAugment, Park et al. 2019).
    top_db: the range that 0..255 stands for, dB.
    """

    band_shift: int = 3
    tilt_db: float = 6.0
    time_masks: int = 2
    time_mask: int = 25
    band_masks: int = 2
    band_mask: int = 12
    top_db: float = 80.0


def random_windows(
    mel: np.ndarray, frames: int, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """One random, varied window of each clip: (n, bands, columns) → (n, bands, frames), uint8."""
    windows = random_crops(mel, frames, rng)
    windows = shift_bands(windows, augmentation.band_shift, rng)
    windows = tilt(windows, augmentation.tilt_db, augmentation.top_db, rng)
    windows = raise_to_maximum(windows)
    mask(windows, 2, augmentation.time_masks, augmentation.time_mask, rng)
    mask(windows, 1, augmentation.band_masks, augmentation.band_mask, rng)
    return windows


def random_crops(mel: np.ndarray, frames: int, rng: np.random.Generator) -> np.ndarray:
    """A stretch of `frames` columns from anywhere in each clip; short clips are padded with silence."""
    spare = mel.shape[2] - frames
    if spare <= 0:
        return np.pad(mel, ((0, 0), (0, 0), (0, -spare)))
    starts = rng.integers(0, spare + 1, len(mel))
    return np.stack([clip[:, start : start + frames] for clip, start in zip(mel, starts, strict=True)])


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
