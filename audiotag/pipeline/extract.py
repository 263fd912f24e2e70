"""What a worker does with one file: its tags and its mel windows."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from audiotag.audio.child import Allowance, DecodeLimits, Tell
from audiotag.audio.damage import TRACE
from audiotag.audio.decode import listen
from audiotag.audio.frontend import FrontEnd
from audiotag.audio.hearing import DEFAULT_RATE, MonoSound
from audiotag.audio.limits import memory_allowed
from audiotag.audio.mel import analyser_for
from audiotag.audio.stated import Stated
from audiotag.audio.worker import WORKER_MEMORY_BYTES
from audiotag.errors import DamagedSoundError, FileFault, TooShortError
from audiotag.library.records import KnownTags, TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.pipeline.not_music import kinds_of
from audiotag.pipeline.sliced import SlicingListener
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
        listener = _FileListener(
            self.frontend,
            WindowBuffer(self.spool, self.most_windows),
            job.found.path,
            job.known,
            self.pass_over,
        )
        try:
            if not job.known:
                analyser_for(self.frontend, DEFAULT_RATE)  # before forking, so that no child has to build it
            heard = extract(job.found.path, listener, self.limits)
        except FileFault as fault:
            return Extracted(job, listener.info, fault=None if job.known else (fault.kind, str(fault)))
        except MemoryError as fault:
            return Extracted(job, listener.info, fault=("memory", _out_of_memory(fault)))
        except Exception as fault:  # whatever a damaged file brings about, it costs that file alone
            return Extracted(
                job, listener.info, fault=("unforeseen", f"{type(fault).__name__}: {fault}"[:300])
            )
        if heard is None:
            return Extracted(job, listener.info, passed_over=listener.passed_over)
        return Extracted(job, listener.info, heard[1], heard[0])


def extract(
    path: bytes,
    listener: SlicingListener,
    limits: DecodeLimits | Allowance,
    names: tuple[str, ...] | None = None,
) -> tuple[Windows, float] | None:
    """A file's mel windows, cut as it is decoded and kept by the listener's buffer, and its seconds of sound;
    None where the listener does not want it.

    names: the decoders to be tried, None: by what the file begins with. Raises UnreadableError, DecodeError;
    TooShortError under 3 s or when all is silence; DamagedSoundError when more than a trace of the samples
    are no sound.
    """
    buffer = listener.buffer
    try:
        answer = listen(path, limits, listener, names)
        if answer.get("unwanted"):
            return None
        analyser_for(listener.frontend, answer["rate"])  # the next file is likely to have the same rate
        seconds, damaged = answer["seconds"], answer["damaged"]
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


# Before a message: what it is about.
_TAGS, _PASSED_OVER, _WINDOW = b"t", b"p", b"w"


@dataclass
class _FileListener(SlicingListener):
    """Reads the tags first, decides by the header whether the file is music, and slices its sound.

    path: of the file. known: only its tags are wanted. pass_over: see ExtractTask. info: what the tags
    say. passed_over: why it was not heard.
    """

    path: bytes
    known: bool
    pass_over: tuple[str, ...]
    info: TrackInfo = field(default_factory=TrackInfo)
    passed_over: str | None = None

    def look(self, tell: Tell) -> None:
        """Pure Python does not crash, but it may take for ever over a damaged file, or all memory."""
        # Its audio may be fine all the same; without tags the report shows the path alone.
        with suppress(Exception):
            read, known = look(self.path)
            names = ("", "", "") if read is None else (read.artist, read.album, read.title)
            cut = [name[:_LONGEST_NAME] for name in names]
            year = None if read is None else read.year
            kept = None if known is None else [known.state, known.to_json()]
            tell(_TAGS + json.dumps({"names": cut, "year": year, "known": kept}).encode())

    def wants(self, stated: Stated, tell: Tell) -> bool:
        unwanted = [kind for kind in kinds_of(self.path, stated) if kind in self.pass_over]
        if unwanted:
            tell(_PASSED_OVER + unwanted[0].encode())
        return not unwanted and not self.known

    def hear(self, sound: MonoSound, tell: Tell) -> dict[str, Any]:
        return super().hear(sound, lambda message: tell(_WINDOW + message))

    def take(self, message: bytes) -> None:
        kind, rest = message[:1], message[1:]
        if kind == _WINDOW:
            super().take(rest)
        elif kind == _PASSED_OVER:
            self.passed_over = rest.decode()
        else:
            said = json.loads(rest)
            artist, album, title = said["names"]
            known = None if said["known"] is None else KnownTags.from_json(*said["known"])
            self.info = TrackInfo(artist, album, title, known, said["year"])
