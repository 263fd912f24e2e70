"""What a worker does with one file: its tags and its mel windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audiotag.audio.child import DecodeLimits
from audiotag.audio.decode import listen
from audiotag.audio.frontend import FrontEnd
from audiotag.audio.mel import MelAnalyser
from audiotag.audio.windows import WindowSlicer, slice_windows
from audiotag.errors import FileFault, TagReadError, TooShortError
from audiotag.library.records import TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.model.average import choose_windows
from audiotag.tags.formats import read_tags

MIN_SECONDS = 3.0


@dataclass(frozen=True)
class Heard:
    """What came out: windows (n, bands, frames) uint8, or the kind of fault and its reason."""

    found: FoundFile
    info: TrackInfo
    seconds: float
    windows: np.ndarray | None
    fault: tuple[str, str] | None = None


@dataclass(frozen=True)
class HearTask:
    """Calling it with a file hears the file. most_windows: None is all of them."""

    frontend: FrontEnd
    limits: DecodeLimits
    most_windows: int | None

    def __call__(self, found: FoundFile) -> Heard:
        """Never raises for the file's sake: its faults are in the result."""
        info = _info(found.path)
        try:
            windows, seconds = hear(found.path, self.frontend, self.limits)
        except FileFault as fault:
            return Heard(found, info, 0.0, None, (fault.kind, str(fault)))
        except Exception as fault:  # whatever a damaged file brings about, it costs that file alone
            return Heard(found, info, 0.0, None, ("unforeseen", f"{type(fault).__name__}: {fault}"[:300]))
        return Heard(found, info, seconds, choose_windows(windows, self.most_windows))


def hear(path: bytes, frontend: FrontEnd, limits: DecodeLimits) -> tuple[np.ndarray, float]:
    """A file's mel windows (n, bands, frames) uint8, and its seconds of sound.

    Raises UnreadableError, DecodeError; TooShortError under 3 s or when all is silence.
    """

    def listener(rate: float, blocks: Iterator[np.ndarray]) -> tuple[list[np.ndarray], float]:
        slicer = WindowSlicer(MelAnalyser.build(frontend, rate))
        windows = list(slice_windows(blocks, slicer))
        return windows, slicer.seconds

    windows, seconds = listen(path, limits, listener)
    if seconds < MIN_SECONDS:
        raise TooShortError(f"{seconds:.1f} s of sound; at least {MIN_SECONDS:g} s are needed")
    if not windows:
        raise TooShortError("nothing but silence in it")
    return np.stack(windows), seconds


def _info(path: bytes) -> TrackInfo:
    try:
        tags = read_tags(path)
    except TagReadError:
        # Its audio may be fine all the same; without tags the report shows the path alone.
        return TrackInfo()
    return TrackInfo(tags.artist, tags.album, tags.title)
