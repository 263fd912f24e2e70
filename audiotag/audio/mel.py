"""Samples → one mel window, at whatever rate the file has.

There is no resampler. A frame has the same length in seconds at every rate, hence
the same bin spacing in hertz up to rounding, and the mel bank is built for the bins
that the file's rate gives, with the low-pass that a resampler would have had. Bands
above the file's Nyquist frequency stay empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from audiotag.audio.frontend import FrontEnd

# Power below this counts as none: librosa's `amin` in power_to_db, 1e-10.
POWER_FLOOR = 1e-10

# Slaney's mel scale (Auditory Toolbox, 1998): linear to 1 kHz, then logarithmic,
# 27 steps for a factor of 6.4.
_LINEAR_HZ_PER_MEL = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0

# Where the low-pass of the resampler has halved the amplitude, and how steeply, as parts of
# the Nyquist frequency that it resamples to: a fit, within 0.5 dB down to -35 dB, to resampy's
# kaiser_best (64 zeros of a sinc, beta 14.77, roll-off 0.9476), long librosa's default. FMA's
# archive was made with it: the song that we have whole agrees with its row to 0.1 dB in the top
# three bands; with librosa's present default, soxr_hq, two of them are 1 and 3 dB too loud.
_LOW_PASS_AT = 0.9475
_LOW_PASS_WIDTH = 0.0264
# How far a frame's length may be from the ideal one, and FFTs of what prime factors are quick.
_AWAY, _QUICK_FACTOR = 1e-3, 13
# So many bands share a product of matrices, and so many frames an FFT: measured.
_PIECE_BANDS = 12
_BATCH = 66


def low_pass(frontend: FrontEnd, rate: float, hz: np.ndarray) -> np.ndarray:
    """What resampling to the nominal rate leaves of the power at `hz`: 1, and 0 above its Nyquist.

    Training data was resampled; without this the top two bands of a song are 6 to 9 dB
    above what a network has ever seen there.
    """
    if rate <= frontend.sample_rate:
        return np.ones(len(hz))
    part = (hz / (frontend.sample_rate / 2) - _LOW_PASS_AT) / _LOW_PASS_WIDTH
    return np.array([(math.erfc(x) / 2) ** 2 for x in part])


def hz_to_mel(hz: np.ndarray | float) -> np.ndarray:
    """Hertz → Slaney mel."""
    hz = np.asarray(hz, dtype=np.float64)
    above = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, hz / _LINEAR_HZ_PER_MEL, above)


def mel_to_hz(mel: np.ndarray | float) -> np.ndarray:
    """Slaney mel → hertz."""
    mel = np.asarray(mel, dtype=np.float64)
    above = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ_PER_MEL, above)


def mel_bank(frontend: FrontEnd, rate: float, n_fft: int) -> np.ndarray:
    """The kept mel bands as weights over FFT bins, shape (bands, n_fft // 2 + 1), float32.

    Triangles on the Slaney scale, each of area one (librosa's norm='slaney'), and the low-pass.
    """
    limits = hz_to_mel(np.array([frontend.fmin, frontend.fmax]))
    edges = mel_to_hz(np.linspace(limits[0], limits[1], frontend.n_mels + 2))
    bins = np.arange(n_fft // 2 + 1) * (rate / n_fft)
    width = np.diff(edges)
    rising = (bins - edges[:-2, None]) / width[:-1, None]
    falling = (edges[2:, None] - bins) / width[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    area = 2.0 / (edges[2:] - edges[:-2])
    bank = (triangles * area[:, None] * low_pass(frontend, rate, bins))[frontend.kept_bands()]
    return np.ascontiguousarray(bank, dtype=np.float32)


def _quick_length(ideal: float) -> int:
    """The frame length next to the ideal one of which an FFT is quick, at most a thousandth away from it.

    At 48 kHz the ideal is 4,458.2: one of 4,458 = 6 x 743 samples takes four times as long as one of 4,459,
    the third power of 7 times 13.
    """
    nearest = max(2, round(ideal))
    for away in range(int(_AWAY * ideal) + 1):
        for length in (nearest + away, nearest - away):
            if _largest_factor(length) <= _QUICK_FACTOR and abs(length - ideal) <= max(0.5, _AWAY * ideal):
                return length
    return nearest


def _largest_factor(number: int) -> int:
    factor = 2
    while factor * factor <= number:
        if number % factor:
            factor += 1
        else:
            number //= factor
    return number


@cache
def _fourier() -> Callable[[np.ndarray], np.ndarray]:
    """The FFT of real frames, (n, length) float32 → (n, length // 2 + 1) complex64: SciPy's, or NumPy's,
    which takes four times as long, where there is no SciPy."""
    try:
        from scipy import fft
    except ImportError:
        return np.fft.rfft
    rfft: Callable[[np.ndarray], np.ndarray] = fft.rfft
    return rfft


@dataclass(frozen=True)
class _Piece:
    """Some neighbouring bands, and the FFT bins that they have weights for: weights (bands, bins)."""

    bands: slice
    bins: slice
    weights: np.ndarray


def _pieces(bank: np.ndarray) -> tuple[_Piece, ...]:
    """A bank is zero but for a narrow stretch in each row: what its rows need, a few at a time."""
    pieces = []
    for start in range(0, len(bank), _PIECE_BANDS):
        bands = slice(start, min(start + _PIECE_BANDS, len(bank)))
        used = np.flatnonzero(bank[bands].any(axis=0))
        if len(used):  # else they lie above what the rate has
            bins = slice(int(used[0]), int(used[-1]) + 1)
            pieces.append(_Piece(bands, bins, np.ascontiguousarray(bank[bands, bins])))
    return tuple(pieces)


@dataclass(frozen=True)
class MelAnalyser:
    """Turns samples at one rate into mel windows.

    rate: Hz of the samples. frame_length: samples in a frame at that rate. hann: (frame_length,) periodic.
    """

    frontend: FrontEnd
    rate: float
    frame_length: int
    hann: np.ndarray
    pieces: tuple[_Piece, ...]

    @classmethod
    def build(cls, frontend: FrontEnd, rate: float) -> MelAnalyser:
        _fourier()  # what takes 0.2 s to load is loaded before a child is forked
        length = _quick_length(frontend.n_fft * rate / frontend.sample_rate)
        phase = 2 * np.pi * np.arange(length) / length
        # Power grows with the square of the frame length: bring it to the nominal
        # length, so that POWER_FLOOR means the same at every rate.
        scale = frontend.n_fft / length
        hann = (scale * (0.5 - 0.5 * np.cos(phase))).astype(np.float32)
        return cls(frontend, rate, length, hann, _pieces(mel_bank(frontend, rate, length)))

    def frame_start(self, frame: int | np.ndarray) -> np.ndarray:
        """Index of a frame's first sample, when half a frame of silence precedes the track."""
        hop = self.frontend.hop_length * self.rate / self.frontend.sample_rate
        return np.rint(np.asarray(frame) * hop).astype(np.int64)

    def mel_power(self, samples: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Mel power of the frames that begin at `starts`, shape (bands, len(starts))."""
        rfft = _fourier()
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.frame_length)
        power = np.zeros((self.frontend.bands, len(starts)), np.float32)
        last = max((piece.bins.stop for piece in self.pieces), default=0)
        for at in range(0, len(starts), _BATCH):
            some = starts[at : at + _BATCH]
            spectrum = rfft(frames[some] * self.hann)[:, :last]
            energy = np.square(spectrum.real) + np.square(spectrum.imag)
            for piece in self.pieces:
                np.matmul(piece.weights, energy[:, piece.bins].T, out=power[piece.bands, at : at + len(some)])
        return power

    def to_window(self, power: np.ndarray) -> np.ndarray:
        """Mel power → dB below the window's own maximum, floor to maximum as 0..255 uint8."""
        level = 10.0 * np.log10(np.maximum(power, POWER_FLOOR))
        level -= level.max()
        scaled = (level + self.frontend.top_db) * (255.0 / self.frontend.top_db)
        return np.asarray(np.rint(np.clip(scaled, 0.0, 255.0)), np.uint8)


@lru_cache(maxsize=16)
def analyser_for(frontend: FrontEnd, rate: float) -> MelAnalyser:
    """One that is built once a process: it takes as long as several windows."""
    return MelAnalyser.build(frontend, rate)
