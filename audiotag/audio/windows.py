"""A stream of samples → consecutive mel windows, with the memory of two windows.

Frames are centred as librosa centres them: frame k has its middle k hops into the
track, and half a frame of silence stands before the first sample and after the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from audiotag.audio.mel import POWER_FLOOR, MelAnalyser
from audiotag.audio.sound import BLOCK_SAMPLES

# A window that never gets louder than this (−80 dB of full scale) is silence: there
# is nothing in it to judge, and scaling it to its own maximum would show only dither.
SILENCE_PEAK = 1e-4
# DSD is never that quiet: its noise lies above what is heard. So at the rates that only it and its
# like have, a window is also silent if no band has the power of white noise of -80 dB.
_ULTRASOUND_RATE = 200_000
_SILENCE_POWER = 1e-7


def end_of(analyser: MelAnalyser, first: int) -> int:
    """Where the samples of the window that begins at frame `first` end, half a frame of silence before
    the track counted in."""
    last = first + analyser.frontend.window_frames - 1
    return int(analyser.frame_start(last)) + analyser.frame_length


def last_window(analyser: MelAnalyser, samples: int, following: int) -> int | None:
    """The first frame of what follows the whole windows of a track, where `following` is the frame after
    them; None: nothing does. See WindowSlicer.finish."""
    window = analyser.frontend.window_frames
    hop = analyser.frontend.hop_length * analyser.rate / analyser.frontend.sample_rate
    frames = 1 + int(samples // hop)
    if following == 0:
        return 0
    return frames - window if frames - following >= window // 2 else None


def first_frames(analyser: MelAnalyser, samples: int) -> list[int]:
    """The first frame of each window, silent ones too, that a WindowSlicer cuts of so many samples."""
    window = analyser.frontend.window_frames
    held = analyser.frame_length // 2 + samples
    found = []
    following = 0
    while end_of(analyser, following) <= held:
        found.append(following)
        following += window
    last = last_window(analyser, samples, following)
    return found if last is None else [*found, last]


def cut(analyser: MelAnalyser, first: int, samples: np.ndarray, dropped: int) -> np.ndarray | None:
    """The window that begins at frame `first`, (bands, frames) uint8; None where it is silent.

    samples: of the track, mono, without the first `dropped` ones; half a frame of silence before the
    track counts.
    """
    starts = analyser.frame_start(first + analyser.frontend.kept_frames()) - dropped
    span = samples[starts[0] : starts[-1] + analyser.frame_length]
    if max(span.max(), -span.min()) < SILENCE_PEAK:
        return None
    power = analyser.mel_power(samples, starts)
    least = _SILENCE_POWER if analyser.rate > _ULTRASOUND_RATE else POWER_FLOOR
    # Else there may be sound, but none that the bands reach to.
    return analyser.to_window(power) if power.max() > least else None


@dataclass(frozen=True)
class Reach:
    """What a window needs of a track. first: its first frame. start: sample. count: samples. before:
    zeros before them, half a frame at the start of the track. size: with these, and those after its end."""

    first: int
    start: int
    count: int
    before: int
    size: int

    @classmethod
    def of(cls, analyser: MelAnalyser, first: int, samples: int) -> Reach:
        """Of the window that begins at frame `first`, in a track of so many samples."""
        starts = analyser.frame_start(first + analyser.frontend.kept_frames()[[0, -1]])
        half = analyser.frame_length // 2
        begin, end = int(starts[0]) - half, int(starts[1]) + analyser.frame_length - half
        start = max(0, begin)
        return cls(first, start, min(end, samples) - start, start - begin, end - begin)

    def window(self, analyser: MelAnalyser, samples: np.ndarray) -> np.ndarray | None:
        """The window, by (size,) samples; None where it is silent."""
        return cut(analyser, self.first, samples, self.start - self.before + analyser.frame_length // 2)


class WindowSlicer:
    """Cuts mono blocks into mel windows as they arrive.

    `seconds` is how much has been fed, `start` where in it the latest window began. A silent window is
    passed over.
    """

    start = 0.0

    def __init__(self, analyser: MelAnalyser) -> None:
        self._analyser = analyser
        self._half = analyser.frame_length // 2
        # Room for two windows and a block, taken once: new memory costs more than what is done in it.
        self._room = np.empty(2 * end_of(analyser, 0) + BLOCK_SAMPLES, np.float32)
        self._room[: self._half] = 0
        self._held = self._half  # samples in _room
        self._dropped = 0  # samples already forgotten, before those
        self._next = 0  # the first frame of the next window
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
        last = last_window(self._analyser, self._samples, self._next)
        if last is not None:
            missing = self._end_of(last) - (self._dropped + self._held)
            if missing > 0:
                self._append(np.zeros(missing, np.float32))
            yield from self._cut(last)

    def _end_of(self, first: int) -> int:
        return end_of(self._analyser, first)

    def _cut(self, first: int) -> Iterator[np.ndarray]:
        window = cut(self._analyser, first, self._room[: self._held], self._dropped)
        if window is not None:
            frontend = self._analyser.frontend
            self.start = first * frontend.hop_length / frontend.sample_rate
            yield window

    def _append(self, block: np.ndarray) -> None:
        end = self._held + len(block)
        if end > len(self._room):
            self._room = np.concatenate([self._room[: self._held], np.empty(len(block), np.float32)])
        self._room[self._held : end] = block
        self._held = end

    def _forget_before(self, frame: int) -> None:
        # The last whole window stays: the final one may overlap it.
        surplus = int(self._analyser.frame_start(frame)) - self._dropped
        if surplus > 0:
            self._held -= surplus
            self._room[: self._held] = self._room[surplus : surplus + self._held]
            self._dropped += surplus


def slice_windows(blocks: Iterable[np.ndarray], slicer: WindowSlicer) -> Iterator[np.ndarray]:
    """All windows of a stream of mono blocks."""
    for block in blocks:
        yield from slicer.feed(block)
    yield from slicer.finish()
