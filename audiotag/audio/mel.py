"""Samples → one mel window, at whatever rate the file has.

There is no resampler. A frame has the same length in seconds at every rate, hence
the same bin spacing in hertz up to rounding, and the mel bank is built for the bins
that the file's rate gives, with the low-pass that a resampler would have had. Bands
above the file's Nyquist frequency stay empty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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


@dataclass(frozen=True)
class MelAnalyser:
    """Turns samples at one rate into mel windows.

    rate: Hz of the samples. frame_length: samples in a frame at that rate.
    hann: (frame_length,) periodic. bank: (bands, frame_length // 2 + 1).
    """

    frontend: FrontEnd
    rate: float
    frame_length: int
    hann: np.ndarray
    bank: np.ndarray

    @classmethod
    def build(cls, frontend: FrontEnd, rate: float) -> MelAnalyser:
        length = max(2, round(frontend.n_fft * rate / frontend.sample_rate))
        phase = 2 * np.pi * np.arange(length) / length
        # Power grows with the square of the frame length: bring it to the nominal
        # length, so that POWER_FLOOR means the same at every rate.
        scale = frontend.n_fft / length
        hann = (scale * (0.5 - 0.5 * np.cos(phase))).astype(np.float32)
        return cls(frontend, rate, length, hann, mel_bank(frontend, rate, length))

    def frame_start(self, frame: int | np.ndarray) -> np.ndarray:
        """Index of a frame's first sample, when half a frame of silence precedes the track."""
        hop = self.frontend.hop_length * self.rate / self.frontend.sample_rate
        return np.rint(np.asarray(frame) * hop).astype(np.int64)

    def mel_power(self, samples: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Mel power of the frames that begin at `starts`, shape (bands, len(starts))."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.frame_length)[starts]
        spectrum = np.fft.rfft(frames * self.hann)
        power = spectrum.real**2 + spectrum.imag**2
        return np.asarray(self.bank @ power.T)

    def to_window(self, power: np.ndarray) -> np.ndarray:
        """Mel power → dB below the window's own maximum, floor to maximum as 0..255 uint8."""
        level = 10.0 * np.log10(np.maximum(power, POWER_FLOOR))
        level -= level.max()
        scaled = (level + self.frontend.top_db) * (255.0 / self.frontend.top_db)
        return np.asarray(np.rint(np.clip(scaled, 0.0, 255.0)), np.uint8)
