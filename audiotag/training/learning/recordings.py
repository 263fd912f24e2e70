"""Random variations of how music was recorded: equaliser, compressor, old microphone, noise.

A network that learns from one collection alone learns its studios and its encoder too. All work on
levels: (n, bands, frames) float32, dB over the floor, where silence is −inf and so stays silence
whatever is added; nothing is clipped before to_windows. Each variation returns what it was given
where it is off (0), and draws from the generator only where it is on.
"""

from __future__ import annotations

import numpy as np

# Of the windows, how many are limited or expanded, and how many have their range changed.
_HALF = 0.5
# A compressor is slow beside a frame: it follows the mean level of so many (0.84 s).
_SLOW_FRAMES = 7
# What a window loses of its top bands, and at its low end; cutoffs as shares of the bands.
_TOP_CUTOFF, _TOP_SLOPE = (0.6, 1.0), (1.5, 12.0)
_LOW_CUTOFF, _LOW_SLOPE = (0.0, 0.08), (1.0, 5.0)


def to_levels(windows: np.ndarray, top_db: float) -> np.ndarray:
    """uint8 windows, of which 0..255 stands for `top_db`, as levels."""
    level_of = np.arange(256, dtype=np.float32) * np.float32(top_db / 255)
    level_of[0] = -np.inf
    return np.asarray(level_of[windows])


def to_windows(levels: np.ndarray, top_db: float) -> np.ndarray:
    """Levels as uint8 windows; what is at the floor or below is silence, what is over `top_db` is that."""
    steps = np.clip(levels, 0, top_db) * np.float32(255 / top_db)
    return np.asarray(np.rint(steps, out=steps), np.uint8)


def raise_levels(levels: np.ndarray, top_db: float) -> np.ndarray:
    """Shift each window so that its maximum is `top_db`, as a window cut from a track is."""
    return np.asarray(levels + (np.float32(top_db) - _loudest(levels)))


def equalise(levels: np.ndarray, most_db: float, rng: np.random.Generator) -> np.ndarray:
    """Add a smooth curve over the bands, at most `most_db` up or down: the sum of four cosines, of half
    a period to two, each with its own phase."""
    if most_db == 0:
        return levels
    count, bands = levels.shape[:2]
    order = np.arange(1, 5)[:, None]
    phase = rng.uniform(0, 2 * np.pi, (count, 4, 1))
    weight = rng.normal(0, 1, (count, 4, 1)) / np.sqrt(order)
    curve = (weight * np.cos(np.pi * order * np.linspace(0, 1, bands) + phase)).sum(axis=1)
    curve *= rng.uniform(0, most_db, (count, 1)) / np.maximum(np.abs(curve).max(axis=1, keepdims=True), 1e-6)
    return np.asarray(levels + curve.astype(np.float32)[:, :, None])


def change_contrast(levels: np.ndarray, most: float, rng: np.random.Generator) -> np.ndarray:
    """Stretch or squeeze the distances from each window's maximum, in dB, by at most exp(±most); of
    half of the windows."""
    if most == 0:
        return levels
    on = rng.random(len(levels)) < _HALF
    factor = np.where(on, np.exp(rng.uniform(-most, most, len(levels))), 1)
    factor = factor.astype(np.float32)[:, None, None]
    return np.asarray(levels * factor + _loudest(levels) * (1 - factor))


def level_out(levels: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Limit or compress half of the windows: bring each frame's level nearer to that of the loudest.

    By 0.7 of the way at most at strength 1; or, as an expander, by 0.3 of it further away. All bands
    of a frame alike, at most 20 dB up and 10 down, following the mean over 7 frames.
    """
    if strength == 0:
        return levels
    share = strength * rng.uniform(-0.3, 0.7, len(levels))
    on = rng.random(len(levels)) < _HALF
    gain = np.zeros((len(levels), levels.shape[2]), np.float32)
    gain[on] = np.clip(share[on, None] * _below_loudest(levels[on]), -10, 20)
    return np.asarray(levels + gain[:, None, :])


def _below_loudest(levels: np.ndarray) -> np.ndarray:
    """(n, bands, frames) → (n, frames): how far each frame's slow level is below the loudest frame, dB."""
    power = np.exp(levels * np.float32(np.log(10) / 10)).sum(axis=1)
    frame = 10 * np.log10(np.maximum(power, levels.shape[1]))  # a silent band counts as the floor
    side = _SLOW_FRAMES // 2
    padded = np.pad(frame, ((0, 0), (side, side)), mode="edge")
    slow = np.lib.stride_tricks.sliding_window_view(padded, _SLOW_FRAMES, axis=1).mean(axis=2)
    return np.asarray(frame.max(axis=1, keepdims=True) - slow)


def cut_ends(levels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Take the top bands off a share of the windows, as old and low-rate files lack them.

    The cutoff is anywhere in the upper two fifths of the bands, the slope 1.5 to 12 dB a band. Half
    that share lose their lowest bands too, from within the lowest twelfth, by 1 to 5 dB a band.
    """
    if share == 0:
        return levels
    count, bands = levels.shape[:2]
    band = np.arange(bands)
    cutoff, slope = _drawn(rng, count, _TOP_CUTOFF, _TOP_SLOPE, share)
    loss = np.maximum(0, band - cutoff * bands) * slope
    cutoff, slope = _drawn(rng, count, _LOW_CUTOFF, _LOW_SLOPE, share / 2)
    loss += np.maximum(0, cutoff * bands - band) * slope
    return np.asarray(levels - loss.astype(np.float32)[:, :, None])


def _drawn(
    rng: np.random.Generator,
    count: int,
    cutoffs: tuple[float, float],
    slopes: tuple[float, float],
    share: float,
) -> tuple[np.ndarray, np.ndarray]:
    """(count, 1) cutoffs, and slopes, which are 0 but for that share."""
    on = rng.random((count, 1)) < share
    return rng.uniform(*cutoffs, (count, 1)), np.where(on, rng.uniform(*slopes, (count, 1)), 0)


def add_noise_floor(levels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Lay the noise of tape and shellac under a share of the windows: 0 to 30 dB over the floor,
    tilted by at most 8 dB from end to end, with a deviation of 2.5 dB; the music covers what is below it.
    """
    if share == 0:
        return levels
    on = rng.random(len(levels)) < share
    count, bands, frames = int(on.sum()), *levels.shape[1:]
    slope = rng.uniform(-8, 8, (count, 1)) * np.linspace(-0.5, 0.5, bands)
    mean = (rng.uniform(0, 30, (count, 1)) + slope).astype(np.float32)
    noise = rng.standard_normal((count, bands, frames), np.float32)
    noise *= np.float32(2.5)
    noise += mean[:, :, None]
    noisy = np.array(levels)
    noisy[on] = np.maximum(levels[on], noise)
    return noisy


def _loudest(levels: np.ndarray) -> np.ndarray:
    """(n, 1, 1): each window's maximum; 0 for a silent one, of which nothing can be lifted."""
    loudest = levels.max(axis=(1, 2), keepdims=True)
    return np.asarray(np.where(np.isfinite(loudest), loudest, np.float32(0)))
