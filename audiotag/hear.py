"""What a worker does with one file: its tags and its mel windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass

import numpy as np

from audiotag.audio.child import Allowance, DecodeLimits, ask_child
from audiotag.audio.decode import listen
from audiotag.audio.frontend import FrontEnd
from audiotag.audio.mel import MelAnalyser
from audiotag.audio.windows import WindowSlicer, slice_windows
from audiotag.errors import DecodeError, FileFault, TagReadError, TooShortError
from audiotag.library.records import TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.spool import WindowBuffer, Windows
from audiotag.tags.formats import read_tags

MIN_SECONDS = 3.0
# Longer names than this are damage or mischief.
_LONGEST_NAME = 1_000


@dataclass(frozen=True)
class HearJob:
    """A file and what is to be done with it.

    fingerprint: of its audio, None where there is none. known: the library has a prediction
    for this audio, so that only the tags are wanted.
    """

    found: FoundFile
    fingerprint: bytes | None = None
    known: bool = False


@dataclass(frozen=True)
class Heard:
    """What came out: seconds of sound and windows, or the kind of fault and its reason.

    Neither, when the job's prediction was known.
    """

    job: HearJob
    info: TrackInfo
    seconds: float = 0.0
    windows: Windows | None = None
    fault: tuple[str, str] | None = None


@dataclass(frozen=True)
class HearTask:
    """Calling it with a job hears the file. most_windows: None is all of them.

    spool: the folder for long tracks' windows; None keeps them in memory.
    """

    frontend: FrontEnd
    limits: DecodeLimits
    most_windows: int | None
    spool: str | None = None

    def __call__(self, job: HearJob) -> Heard:
        """Never raises for the file's sake: its faults are in the result."""
        info = TrackInfo()
        path = job.found.path
        allowance = Allowance.from_now(self.limits)
        try:
            info = _info(path, allowance)
            if job.known:
                return Heard(job, info)
            windows, seconds = hear(
                path, self.frontend, allowance, WindowBuffer(self.spool, self.most_windows)
            )
        except FileFault as fault:
            return Heard(job, info, fault=None if job.known else (fault.kind, str(fault)))
        except Exception as fault:  # whatever a damaged file brings about, it costs that file alone
            return Heard(job, info, fault=("unforeseen", f"{type(fault).__name__}: {fault}"[:300]))
        return Heard(job, info, seconds, windows)


def hear(
    path: bytes, frontend: FrontEnd, limits: DecodeLimits | Allowance, buffer: WindowBuffer
) -> tuple[Windows, float]:
    """A file's mel windows, cut as it is decoded and kept by `buffer`, and its seconds of sound.

    Raises UnreadableError, DecodeError; TooShortError under 3 s or when all is silence.
    """

    def listener(rate: float, blocks: Iterator[np.ndarray]) -> float:
        buffer.clear()
        slicer = WindowSlicer(MelAnalyser.build(frontend, rate))
        for window in slice_windows(blocks, slicer):
            buffer.add(window)
        return slicer.seconds

    try:
        seconds = listen(path, limits, listener)
        if seconds < MIN_SECONDS:
            raise TooShortError(f"{seconds:.1f} s of sound; at least {MIN_SECONDS:g} s are needed")
        windows = buffer.finish()
        if windows is None:
            raise TooShortError("nothing but silence in it")
    except BaseException:
        buffer.clear()
        raise
    return windows, seconds


def _info(path: bytes, allowance: Allowance) -> TrackInfo:
    """What the tags say. Raises TimedOutError.

    They are read in a child as the sound is: pure Python does not crash, but it may take
    for ever over a damaged file, or all the memory that there is.
    """

    def question() -> dict[str, str]:
        # Its audio may be fine all the same; without tags the report shows the path alone.
        with suppress(TagReadError):
            tags = read_tags(path)
            names = TrackInfo(tags.artist, tags.album, tags.title)
            return {field: text[:_LONGEST_NAME] for field, text in asdict(names).items()}
        return {}

    try:
        return TrackInfo(**ask_child(question, allowance))
    except DecodeError as fault:
        if fault.kind == "timeout":
            raise
        return TrackInfo()
