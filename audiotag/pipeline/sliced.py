"""A file's sound → its mel windows, by a listener: cut in the child, gathered in the worker."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from audiotag.audio.child import Tell
from audiotag.audio.damage import Cleaner
from audiotag.audio.frontend import FrontEnd
from audiotag.audio.hearing import MonoSound
from audiotag.audio.mel import analyser_for
from audiotag.audio.stated import Stated
from audiotag.audio.windows import Reach, WindowSlicer, first_frames, slice_windows
from audiotag.pipeline.window_buffer import WindowBuffer, kept_windows

_START = struct.Struct("<d")
# Whether a file is as long as it states is tried with its last samples.
_LAST = 4096


@dataclass
class SlicingListener:
    """See hearing.Listener. What `hear` answers: rate, Hz; seconds; damaged, the share of samples that
    are no sound, 0..1."""

    frontend: FrontEnd
    buffer: WindowBuffer

    @property
    def wanted(self) -> float | None:
        return None if self.buffer.most is None else self.buffer.most * self.frontend.window_seconds

    def look(self, tell: Tell) -> None:
        pass

    def wants(self, stated: Stated, tell: Tell) -> bool:
        return True

    def hear(self, sound: MonoSound, tell: Tell) -> dict[str, Any]:
        cleaner = Cleaner()
        seconds = self._by_stretches(sound, cleaner, tell)
        if seconds is None and not sound.cancels:  # else it is heard anew anyway
            cleaner = Cleaner()
            seconds = self._from_the_start(sound, cleaner, tell)
        return {"rate": sound.rate, "seconds": seconds, "damaged": cleaner.share}

    def begin(self) -> None:
        self.buffer.clear()

    def take(self, message: bytes) -> None:
        (start,) = _START.unpack_from(message)
        window = np.frombuffer(message, np.uint8, offset=_START.size)
        self.buffer.add(window.reshape(self.frontend.bands, self.frontend.frames), start)

    def _from_the_start(self, sound: MonoSound, cleaner: Cleaner, tell: Tell) -> float:
        blocks = sound.blocks()
        first = next(blocks, None)
        if first is None:  # nor has it a rate then
            return 0.0
        slicer = WindowSlicer(analyser_for(self.frontend, sound.rate))  # now its rate is known
        for window in slicer.feed(cleaner.clean(first)):
            tell(_START.pack(slicer.start) + window.tobytes())
        for window in slice_windows(map(cleaner.clean, blocks), slicer):
            tell(_START.pack(slicer.start) + window.tobytes())
        return slicer.seconds

    def _by_stretches(self, sound: MonoSound, cleaner: Cleaner, tell: Tell) -> float | None:
        """Only the windows that are kept, without the rest of the file; None where that cannot be done, or
        one of them is silent, for then others are chosen."""
        length = sound.length
        if self.buffer.most is None or length is None:
            return None
        analyser = analyser_for(self.frontend, sound.rate)
        firsts = first_frames(analyser, length)
        kept = kept_windows(len(firsts), self.buffer.most)
        if len(kept) == len(firsts) or not _is_so_long(sound, length):
            return None
        windows = []
        reaches = [Reach.of(analyser, firsts[number], length) for number in kept]
        room = np.empty(max(reach.size for reach in reaches), np.float32)
        for reach in reaches:
            samples = room[: reach.size]
            samples[: reach.before] = 0
            samples[reach.before + reach.count :] = 0
            if not _fill(samples[reach.before : reach.before + reach.count], sound, reach.start, cleaner):
                return None
            window = reach.window(analyser, samples)
            if window is None:
                return None
            start = reach.first * self.frontend.hop_length / self.frontend.sample_rate
            windows.append(_START.pack(start) + window.tobytes())
        for message in windows:
            tell(message)
        return length / sound.rate


def _fill(room: np.ndarray, sound: MonoSound, start: int, cleaner: Cleaner) -> bool:
    """Fill it with samples from `start` on; False where there are too few."""
    filled = 0
    for block in sound.stretch(start, len(room)):
        room[filled : filled + len(block)] = cleaner.clean(block)
        filled += len(block)
    return filled == len(room)


def _is_so_long(sound: MonoSound, length: int) -> bool:
    """Whether the file ends where it states that it does."""
    last = min(_LAST, length)
    return sum(map(len, sound.stretch(length - last, last + 1))) == last
