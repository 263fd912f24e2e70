"""A track's windows between the worker that cuts them and the engine that judges them.

A song's few windows travel in memory. What is longer goes into a file, window by window
as it is decoded, so that a ten-hour mix takes no more memory than a song in any process.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from audiotag.errors import FileFault, in_words
from audiotag.model.average import choose_windows

# 25 minutes of music; 1.3 MB with the shipped front-end.
IN_MEMORY = 64


class NoRoomError(FileFault):
    """The disk that takes long tracks' windows is full."""

    kind = "no-room"


@dataclass(frozen=True)
class Windows:
    """(n, bands, frames) uint8, of which the first lie in memory and the others in `file`. starts (n,)
    float32: at which second of the track each begins."""

    first: np.ndarray
    starts: np.ndarray
    file: str | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[np.ndarray]:
        yield from self.first
        if self.file is None:
            return
        shape = self.first.shape[1:]
        size = int(np.prod(shape))
        with open(self.file, "rb") as file:
            while data := file.read(size):
                yield np.frombuffer(data, np.uint8).reshape(shape)

    def discard(self) -> None:
        """Delete the file, if there is one."""
        if self.file is not None:
            with suppress(FileNotFoundError):
                os.unlink(self.file)


def kept_windows(windows: int, most: int) -> list[int]:
    """Which of a track's windows a WindowBuffer keeps at last, if each of them is given to it."""
    stride = 1
    while -(-windows // stride) > _room(most):
        stride *= 2
    return [int(number) for number in choose_windows(np.arange(0, windows, stride), most)]


def _room(most: int) -> int:
    """How many windows are held before every second one goes."""
    return max(IN_MEMORY, 4 * most)


class WindowBuffer:
    """Takes windows one by one. most: keep so many at most, evenly spread; None: all."""

    def __init__(self, folder: str | None, most: int | None = None) -> None:
        self._folder = folder
        self.most = most
        self._kept: list[np.ndarray] = []
        self._starts: list[float] = []
        self._stride = 1  # every so manyth window is kept
        self._seen = 0
        self._file: str | None = None

    def add(self, window: np.ndarray, start: float) -> None:
        """Take the next window, (bands, frames) uint8, which begins at second `start`. Raises NoRoomError."""
        self._seen += 1
        if self.most is None:
            self._starts.append(start)
            if len(self._kept) < IN_MEMORY or self._folder is None:
                self._kept.append(window)
            else:
                self._write(window)
        elif (self._seen - 1) % self._stride == 0:
            self._kept.append(window)
            self._starts.append(start)
            if len(self._kept) > _room(self.most):
                # Of a track as long as this every second window will do to choose from.
                self._kept, self._starts = self._kept[::2], self._starts[::2]
                self._stride *= 2

    def finish(self) -> Windows | None:
        """What was kept; None if no window ever came."""
        if not self._kept:
            return None
        starts = np.array(self._starts, np.float32)
        if self.most is None:
            return Windows(np.stack(self._kept), starts, self._file)
        return Windows(choose_windows(np.stack(self._kept), self.most), choose_windows(starts, self.most))

    def clear(self) -> None:
        """Forget everything and begin anew."""
        if self._file is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._file)
        self._kept, self._starts, self._stride, self._seen, self._file = [], [], 1, 0, None

    def _write(self, window: np.ndarray) -> None:
        try:
            if self._file is None:
                descriptor, self._file = tempfile.mkstemp(".windows", dir=self._folder)
                os.close(descriptor)
            with open(self._file, "ab") as file:
                file.write(window.tobytes())
        except OSError as fault:
            self.clear()
            raise NoRoomError(
                f"its windows cannot be kept: {in_words(fault)}; make room on the library's disk"
            ) from fault
