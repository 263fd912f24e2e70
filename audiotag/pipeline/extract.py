"""What a worker does with one file: its tags and its mel windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from audiotag.audio.child import Allowance, DecodeLimits, TimedOutError, ask_child
from audiotag.audio.damage import TRACE, Cleaner
from audiotag.audio.decode import listen, stated_by
from audiotag.audio.frontend import FrontEnd
from audiotag.audio.header import Stated
from audiotag.audio.limits import memory_allowed
from audiotag.audio.mel import MelAnalyser
from audiotag.audio.windows import WindowSlicer, slice_windows
from audiotag.audio.worker import WORKER_MEMORY_BYTES
from audiotag.errors import DamagedSoundError, DecodeError, FileFault, TooShortError
from audiotag.library.records import KnownTags, TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.pipeline.not_music import kinds_of
from audiotag.pipeline.window_buffer import WindowBuffer, Windows
from audiotag.tags.known import look

MIN_SECONDS = 3.0
# Longer names than this are damage or mischief.
_LONGEST_NAME = 1_000


@dataclass(frozen=True)
class ExtractJob:
    """A file and what is to be done with it.

    fingerprint: of its audio, None where there is none. known: the library has a prediction
    for this audio, so that only the tags are wanted.
    """

    found: FoundFile
    fingerprint: bytes | None = None
    known: bool = False


@dataclass(frozen=True)
class Extracted:
    """What came out: seconds of sound and windows, or the kind of fault and its reason.

    Neither, when the job's prediction was known, or the file is no music: then passed_over says
    what it is, one of not_music.KINDS.
    """

    job: ExtractJob
    info: TrackInfo
    seconds: float = 0.0
    windows: Windows | None = None
    fault: tuple[str, str] | None = None
    passed_over: str | None = None


@dataclass(frozen=True)
class ExtractTask:
    """Calling it with a job extracts the file's windows. most_windows: None is all of them.

    spool: the folder for long tracks' windows; None keeps them in memory. pass_over: what is not
    to be extracted, of not_music.KINDS.
    """

    frontend: FrontEnd
    limits: DecodeLimits
    most_windows: int | None
    spool: str | None = None
    pass_over: tuple[str, ...] = ()

    def __call__(self, job: ExtractJob) -> Extracted:
        """Never raises for the file's sake: its faults are in the result."""
        info = TrackInfo()
        path = job.found.path
        allowance = Allowance.from_now(self.limits)
        try:
            info, stated = _look(path, allowance)
            unwanted = [kind for kind in kinds_of(path, stated or Stated()) if kind in self.pass_over]
            if unwanted:
                return Extracted(job, info, passed_over=unwanted[0])
            if job.known:
                return Extracted(job, info)
            buffer = WindowBuffer(self.spool, self.most_windows)
            windows, seconds = extract(path, self.frontend, allowance, buffer, stated)
        except FileFault as fault:
            return Extracted(job, info, fault=None if job.known else (fault.kind, str(fault)))
        except MemoryError as fault:
            return Extracted(job, info, fault=("memory", _out_of_memory(fault)))
        except Exception as fault:  # whatever a damaged file brings about, it costs that file alone
            return Extracted(job, info, fault=("unforeseen", f"{type(fault).__name__}: {fault}"[:300]))
        return Extracted(job, info, seconds, windows)


def extract(
    path: bytes,
    frontend: FrontEnd,
    limits: DecodeLimits | Allowance,
    buffer: WindowBuffer,
    stated: Stated | None = None,
) -> tuple[Windows, float]:
    """A file's mel windows, cut as it is decoded and kept by `buffer`, and its seconds of sound.

    stated: what its header says, None where nobody asked.

    Raises UnreadableError, DecodeError; TooShortError under 3 s or when all is silence;
    DamagedSoundError when more than a trace of the samples are no sound.
    """

    def listener(rate: float, blocks: Iterator[np.ndarray]) -> tuple[float, float]:
        buffer.clear()
        cleaner = Cleaner()
        slicer = WindowSlicer(MelAnalyser.build(frontend, rate))
        for window in slice_windows(map(cleaner.clean, blocks), slicer):
            buffer.add(window, slicer.start)
        return slicer.seconds, cleaner.share

    try:
        seconds, damaged = listen(path, limits, listener, stated)
        if damaged > TRACE:
            raise DamagedSoundError(
                f"its sound is damaged: {damaged:.0%} of its samples are not numbers, or absurdly loud"
            )
        if seconds < MIN_SECONDS:
            tenths = int(seconds * 10 + 1e-6)  # cut off: 2.97 s are not 3.0 s
            raise TooShortError(f"{tenths / 10:.1f} s of sound; at least {MIN_SECONDS:g} s are needed")
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


def _look(path: bytes, allowance: Allowance) -> tuple[TrackInfo, Stated | None]:
    """What the tags say, and the header. Raises TimedOutError.

    Both are read in one child: pure Python does not crash, but it may take for ever over a
    damaged file, or all the memory that there is. If what reads the header dies, and with it the
    child, the tags are asked for again, and the header is None.
    """

    def tags() -> dict[str, Any]:
        # Its audio may be fine all the same; without tags the report shows the path alone.
        with suppress(OSError):
            read, known = look(path)
            names = ("", "", "") if read is None else (read.artist, read.album, read.title)
            cut = [name[:_LONGEST_NAME] for name in names]
            year = None if read is None else read.year
            kept = None if known is None else [known.state, known.to_json()]
            return {"names": cut, "year": year, "known": kept}
        return {}

    def tags_and_header() -> dict[str, Any]:
        return {"tags": tags(), "header": asdict(stated_by(path))}

    answer = _ask(tags_and_header, allowance)
    if answer is not None:
        return _info(answer["tags"]), Stated(**answer["header"])
    return _info(_ask(tags, allowance) or {}), None


def _info(answer: dict[str, Any]) -> TrackInfo:
    artist, album, title = answer.get("names", ("", "", ""))
    known = answer.get("known")
    tags = None if known is None else KnownTags.from_json(*known)
    return TrackInfo(artist, album, title, tags, answer.get("year"))


def _ask(question: Callable[[], dict[str, Any]], allowance: Allowance) -> dict[str, Any] | None:
    """What a child answers, None if it fails. Raises TimedOutError."""
    try:
        return ask_child(question, allowance)
    except TimedOutError:
        raise
    except DecodeError:
        return None
