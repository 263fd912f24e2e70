"""What a worker does with one file: its tags and its mel windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from audiotag.audio.child import Allowance, DecodeLimits, TimedOutError, ask_child
from audiotag.audio.decode import listen, stated_rate
from audiotag.audio.essentia_decoder import load_essentia_ahead
from audiotag.audio.frontend import FrontEnd
from audiotag.audio.limits import memory_allowed
from audiotag.audio.mel import MelAnalyser
from audiotag.audio.windows import WindowSlicer, slice_windows
from audiotag.audio.worker import WORKER_MEMORY_BYTES
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
            info, rate = _look(path, allowance, job.known)
            if job.known:
                return Heard(job, info)
            buffer = WindowBuffer(self.spool, self.most_windows)
            windows, seconds = hear(path, self.frontend, allowance, buffer, rate)
        except FileFault as fault:
            return Heard(job, info, fault=None if job.known else (fault.kind, str(fault)))
        except MemoryError as fault:
            return Heard(job, info, fault=("memory", _out_of_memory(fault)))
        except Exception as fault:  # whatever a damaged file brings about, it costs that file alone
            return Heard(job, info, fault=("unforeseen", f"{type(fault).__name__}: {fault}"[:300]))
        return Heard(job, info, seconds, windows)


def hear(
    path: bytes,
    frontend: FrontEnd,
    limits: DecodeLimits | Allowance,
    buffer: WindowBuffer,
    rate: float | None = None,
) -> tuple[Windows, float]:
    """A file's mel windows, cut as it is decoded and kept by `buffer`, and its seconds of sound.

    rate: what its header states, in Hz, None where nobody asked.

    Raises UnreadableError, DecodeError; TooShortError under 3 s or when all is silence.
    """

    def listener(rate: float, blocks: Iterator[np.ndarray]) -> float:
        buffer.clear()
        slicer = WindowSlicer(MelAnalyser.build(frontend, rate))
        for window in slice_windows(blocks, slicer):
            buffer.add(window)
        return slicer.seconds

    try:
        seconds = listen(path, limits, listener, rate)
        if seconds < MIN_SECONDS:
            raise TooShortError(f"{seconds:.1f} s of sound; at least {MIN_SECONDS:g} s are needed")
        windows = buffer.finish()
        if windows is None:
            raise TooShortError("nothing but silence in it")
    except BaseException:
        buffer.clear()
        raise
    return windows, seconds


def _out_of_memory(fault: MemoryError) -> str:
    allowed = memory_allowed(WORKER_MEMORY_BYTES)
    if allowed < WORKER_MEMORY_BYTES:
        return f"a process may take only {allowed / (1 << 30):.3g} GiB of memory here (see 'ulimit -a')"
    return f"MemoryError: {fault}"[:300]


def _look(path: bytes, allowance: Allowance, known: bool) -> tuple[TrackInfo, float | None]:
    """What the tags say, and the rate that the header states. Raises TimedOutError.

    Both are read in one child: pure Python does not crash, but it may take for ever over a
    damaged file, or all the memory that there is. If the one that reads the rate dies, and with
    it the child, the tags are asked for again, and the rate is None. It is not asked for at all
    when the sound is known.
    """

    def tags() -> dict[str, Any]:
        # Its audio may be fine all the same; without tags the report shows the path alone.
        with suppress(TagReadError):
            read = read_tags(path)
            names = TrackInfo(read.artist, read.album, read.title)
            return {field: text[:_LONGEST_NAME] for field, text in asdict(names).items()}
        return {}

    def tags_and_rate() -> dict[str, Any]:
        return {"tags": tags(), "rate": stated_rate(path)}

    if not known:
        load_essentia_ahead()
        answer = _ask(tags_and_rate, allowance)
        if answer is not None:
            return TrackInfo(**answer["tags"]), float(answer["rate"])
    return TrackInfo(**(_ask(tags, allowance) or {})), None


def _ask(question: Callable[[], dict[str, Any]], allowance: Allowance) -> dict[str, Any] | None:
    """What a child answers, None if it fails. Raises TimedOutError."""
    try:
        return ask_child(question, allowance)
    except TimedOutError:
        raise
    except DecodeError:
        return None
