"""Random variations of mel windows, so that a network learns music and not recordings.

All work on a batch, uint8 in and out, and draw from the generator that they are given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Integral

import numpy as np

from audiotag.errors import UsageError
from audiotag.training.archives.archive import raise_to_maximum, sounding_columns
from audiotag.training.learning.recordings import (
    add_noise_floor,
    change_contrast,
    cut_ends,
    equalise,
    level_out,
    raise_levels,
    to_levels,
    to_windows,
)

_AT_MOST_1 = ("contrast", "levelling", "low_pass", "noise_floor")


@dataclass(frozen=True)
class Augmentation:
    """How much of each variation; zero turns it off.

    time_zoom, band_zoom: stretched or squeezed by at most this factor, as a logarithm (0.1: ±10 %),
    in time (tempo) and over the mel bands.
    band_shift: at most so many mel bands up or down (transposition).
    gain_db: at most so many dB quieter before the floor cuts in; what is left is scaled to its
    maximum again, as every window is, so a quieter recording has less above its floor.
    tilt_db: at most so many dB of spectral tilt, lowest to highest band (equaliser, microphone).
    eq_db: at most so many dB of a smooth random curve over the bands, up or down.
    contrast: the range of levels of half of the windows is stretched or squeezed by at most this factor,
    as a logarithm, 0..1.
    levelling: how strongly half of the windows are limited and compressed, 0..1.
    low_pass: share of the windows that lose their top bands, as in old and low-rate files, and half of it
    the lowest ones.
    noise_floor: share of the windows that get the noise of old recordings. These five: recordings.py.
    time_masks, time_mask: how many stretches are silenced, at most so many frames each.
    band_masks, band_mask: the same for mel bands (SpecAugment, Park et al. 2019).
    top_db: the range that 0..255 stands for, dB, over 0.

    Raises UsageError for a number that is negative or none, or a share over 1.
    """

    time_zoom: float = 0.1
    band_zoom: float = 0.05
    band_shift: int = 3
    gain_db: float = 0.0
    tilt_db: float = 6.0
    eq_db: float = 0.0
    contrast: float = 0.0
    levelling: float = 0.0
    low_pass: float = 0.0
    noise_floor: float = 0.0
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
            # What is divided by must not be 0; no comparison lets NaN pass.
            if part.name == "top_db":
                words, holds = "over 0", 0 < value < math.inf
            elif part.name in _AT_MOST_1:
                words, holds = "at least 0 and at most 1", 0 <= value <= 1
            else:
                words, holds = "at least 0", 0 <= value < math.inf
            if not holds:
                raise UsageError(f"{name} is {words}, not {value!r}")

    @property
    def changes_recordings(self) -> bool:
        """Whether any of the variations of recordings.py is on."""
        return any((self.eq_db, self.contrast, self.levelling, self.low_pass, self.noise_floor))


def random_windows(
    mel: np.ndarray, frames: int, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """One random, varied window of each clip: (n, bands, columns) → (n, bands, frames), uint8."""
    windows = zoomed_crops(mel, frames, augmentation.time_zoom, rng)
    windows = zoom_bands(windows, augmentation.band_zoom, rng)
    windows = shift_bands(windows, augmentation.band_shift, rng)
    windows = quieter(windows, augmentation.gain_db, augmentation.top_db, rng)
    windows = tilt(windows, augmentation.tilt_db, augmentation.top_db, rng)
    windows = _recorded_otherwise(windows, augmentation, rng)
    mask(windows, 2, augmentation.time_masks, augmentation.time_mask, rng)
    mask(windows, 1, augmentation.band_masks, augmentation.band_mask, rng)
    return windows


def _recorded_otherwise(
    windows: np.ndarray, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """The same music as another recording, file or player has it, each window raised to its maximum."""
    if not augmentation.changes_recordings:
        return raise_to_maximum(windows)
    levels = to_levels(windows, augmentation.top_db)
    levels = equalise(levels, augmentation.eq_db, rng)
    levels = change_contrast(levels, augmentation.contrast, rng)
    levels = level_out(levels, augmentation.levelling, rng)
    levels = cut_ends(levels, augmentation.low_pass, rng)
    # Noise is measured from the floor of what is heard in the end.
    levels = raise_levels(levels, augmentation.top_db)
    return to_windows(add_noise_floor(levels, augmentation.noise_floor, rng), augmentation.top_db)


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
