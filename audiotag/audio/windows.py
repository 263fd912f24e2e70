"""A stream of samples → consecutive mel windows, with the memory of two windows.

Frames are centred as librosa centres them: frame k has its middle k hops into the
track, and half a frame of silence stands before the first sample and after the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from audiotag.audio.mel import POWER_FLOOR, MelAnalyser

# A window that never gets louder than this (−80 dB of full scale) is silence: there
# is nothing in it to judge, and scaling it to its own maximum would show only dither.
SILENCE_PEAK = 1e-4
# DSD is never that quiet: its noise lies above what is heard. So at the rates that only it and its
# like have, a window is also silent if no band has the power of white noise of -80 dB.
_ULTRASOUND_RATE = 200_000
_SILENCE_POWER = 1e-7


class WindowSlicer:
    """Cuts mono blocks into mel windows as they arrive.

    `seconds` is how much has been fed, `start` where in it the latest window began. A silent window is
    passed over.
    """

    start = 0.0

    def __init__(self, analyser: MelAnalyser) -> None:
        self._analyser = analyser
        self._half = analyser.frame_length // 2
        self._pending = [np.zeros(self._half, np.float32)]
        self._held = self._half  # samples in _pending
        self._dropped = 0  # samples already forgotten, before _pending
        self._next = 0  # the first frame of the next window
        self._least = _SILENCE_POWER if analyser.rate > _ULTRASOUND_RATE else POWER_FLOOR
        self._kept = analyser.frontend.kept_frames()
        self._samples = 0

    @property
    def seconds(self) -> float:
        return self._samples / self._analyser.rate

    def feed(self, block: np.ndarray) -> Iterator[np.ndarray]:
        """Take mono float32 samples; yields each window that is complete, (bands, frames) uint8."""
        self._samples += len(block)
        self._append(block)
        while self._dropped + self._held >= self._end_of(self._next):
            yield from self._cut(self._next)
            self._next += self._analyser.frontend.window_frames
            self._forget_before(self._next - self._analyser.frontend.window_frames)

    def finish(self) -> Iterator[np.ndarray]:
        """The track has ended: yields the last window, if there is one more.

        A rest of at least half a window becomes a window that ends with the track and
        overlaps the one before; a shorter rest adds nothing. A track shorter than one
        window is padded with silence.
        """
        window = self._analyser.frontend.window_frames
        hop = self._analyser.frontend.hop_length * self._analyser.rate / self._analyser.frontend.sample_rate
        frames = 1 + int(self._samples // hop)
        rest = frames - self._next
        if self._next == 0:
            yield from self._padded(0)
        elif rest >= window // 2:
            yield from self._padded(frames - window)

    def _padded(self, first: int) -> Iterator[np.ndarray]:
        missing = self._end_of(first) - (self._dropped + self._held)
        if missing > 0:
            self._append(np.zeros(missing, np.float32))
        yield from self._cut(first)

    def _end_of(self, first: int) -> int:
        """Where the samples of the window that begins at frame `first` end."""
        last = first + self._analyser.frontend.window_frames - 1
        return int(self._analyser.frame_start(last)) + self._analyser.frame_length

    def _cut(self, first: int) -> Iterator[np.ndarray]:
        samples = self._joined()
        starts = self._analyser.frame_start(first + self._kept) - self._dropped
        span = samples[starts[0] : starts[-1] + self._analyser.frame_length]
        if max(span.max(), -span.min()) < SILENCE_PEAK:
            return
        frontend = self._analyser.frontend
        self.start = first * frontend.hop_length / frontend.sample_rate
        power = self._analyser.mel_power(samples, starts)
        if power.max() > self._least:  # else there is sound, but none that the bands reach to
            yield self._analyser.to_window(power)

    def _append(self, block: np.ndarray) -> None:
        self._pending.append(block)
        self._held += len(block)

    def _joined(self) -> np.ndarray:
        if len(self._pending) > 1:
            self._pending = [np.concatenate(self._pending)]
        return self._pending[0]

    def _forget_before(self, frame: int) -> None:
        # The last whole window stays: the final one may overlap it.
        surplus = int(self._analyser.frame_start(frame)) - self._dropped
        if surplus > 0:
            self._pending = [self._joined()[surplus:]]
            self._held -= surplus
            self._dropped += surplus


def slice_windows(blocks: Iterable[np.ndarray], slicer: WindowSlicer) -> Iterator[np.ndarray]:
    """All windows of a stream of mono blocks."""
    for block in blocks:
        yield from slicer.feed(block)
    yield from slicer.finish()
