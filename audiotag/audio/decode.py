"""A file → mono blocks. The one place where decoder faults come out.

The decoding itself happens in a forked child (child.py); this side reads its pipe
against a deadline, tries again where that can help, and says in words what went wrong.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from audiotag.audio.child import BLOCK_SAMPLES, Decoded, DecodeLimits, Decoder, Pipes, run_child
from audiotag.audio.essentia_decoder import decode_with_essentia, nominal_rate
from audiotag.audio.pyav_decoder import decode_with_pyav
from audiotag.errors import DecodeError, UnreadableError

Result = TypeVar("Result")

DEFAULT_RATE = 44_100.0  # what most music has; used where a header is silent
# Outside these a header is damaged, and frames of 93 ms would be absurd.
RATES = (2_000.0, 800_000.0)
_BLOCK_BYTES = 4 * BLOCK_SAMPLES


class TimedOutError(DecodeError):
    """Decoding took longer than the user allows."""

    kind = "timeout"


class CrashedError(DecodeError):
    """The decoder's process died."""

    kind = "crash"


# What hears a file: (rate in Hz, mono float32 blocks) → anything.
Listener = Callable[[float, Iterator[np.ndarray]], Result]


def listen(path: bytes, limits: DecodeLimits, listener: Listener[Result]) -> Result:
    """Decode a file, channels averaged, at its own rate, and give it to `listener`.

    The listener is called anew, with blocks from the start, when what it heard turns
    out to be no good: the samples were not at the rate that the header promised, or
    Essentia gave up and PyAV is tried. So it must not keep anything between calls.
    Raises UnreadableError when the file cannot be opened, DecodeError when neither
    decoder gets sound out of it, and whatever the listener raises.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as fault:
        raise UnreadableError(fault.strerror or str(fault)) from fault
    try:
        if os.fstat(fd).st_size == 0:
            raise DecodeError("the file is empty")
        filename = _name_for_decoders(path, fd)
        rate = _plausible(nominal_rate(filename) or DEFAULT_RATE)
        job = _Job(filename, limits, time.monotonic() + limits.seconds)
        try:
            return _listen_at(rate, decode_with_essentia, job, listener)
        except TimedOutError:
            raise
        except DecodeError as fault:
            with suppress(DecodeError):
                return _listen_at(rate, decode_with_pyav, job, listener)
            raise fault from None
    finally:
        os.close(fd)


def _plausible(rate: float) -> float:
    if not RATES[0] <= rate <= RATES[1]:
        raise DecodeError(f"its header is damaged: it states a sample rate of {rate:,.0f} Hz")
    return rate


@dataclass(frozen=True)
class _Job:
    """deadline: on the monotonic clock, for all tries at the file together."""

    filename: str
    limits: DecodeLimits
    deadline: float


class _OtherRateError(Exception):
    def __init__(self, rate: float) -> None:
        super().__init__(rate)
        self.rate = rate


def _listen_at(rate: float, decoder: Decoder, job: _Job, listener: Listener[Result]) -> Result:
    try:
        return listener(rate, _blocks(rate, decoder, job))
    except _OtherRateError as other:
        rate = _plausible(other.rate)
        return listener(rate, _blocks(rate, decoder, job))


def _blocks(rate: float, decoder: Decoder, job: _Job) -> Iterator[np.ndarray]:
    """Blocks as the child writes them; after the last one, an error if they were not at `rate`."""
    child = _Child.start(decoder, job)
    delivered = 0
    held: np.ndarray | None = None  # one block is held back: only the end tells where it ends
    try:
        for block in child.read_blocks():
            if held is not None:
                delivered += len(held)
                yield held
            held = block
        decoded = child.finish()
    finally:
        child.kill()
    if held is not None and decoded.samples > delivered:
        yield held[: decoded.samples - delivered]
    if decoded.rate != rate:
        raise _OtherRateError(decoded.rate)


def _name_for_decoders(path: bytes, fd: int) -> str:
    """Both take UTF-8 names only: other bytes are reached through the open descriptor."""
    absolute = os.path.abspath(path)
    try:
        return absolute.decode("utf-8")
    except UnicodeDecodeError:
        return f"/dev/fd/{fd}"


@dataclass
class _Child:
    pid: int
    audio: int
    status: int
    deadline: float
    seconds: float

    @classmethod
    def start(cls, decoder: Decoder, job: _Job) -> _Child:
        audio, audio_write = os.pipe()
        status, status_write = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of forking beside threads; this child runs no Python
            # code that could wait for a lock that one of them holds.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            os.close(audio)
            os.close(status)
            run_child(decoder, job.filename, Pipes(audio_write, status_write), job.limits)
        os.close(audio_write)
        os.close(status_write)
        return cls(pid, audio, status, job.deadline, job.limits.seconds)

    def read_blocks(self) -> Iterator[np.ndarray]:
        """Whole blocks of BLOCK_SAMPLES until the child closes its pipe."""
        buffer = bytearray()
        while data := self._read(self.audio):
            buffer += data
            if len(buffer) >= _BLOCK_BYTES:
                yield np.frombuffer(bytes(buffer[:_BLOCK_BYTES]), np.float32)
                del buffer[:_BLOCK_BYTES]

    def _read(self, fd: int) -> bytes:
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            raise TimedOutError(f"took longer than {self.seconds:g} s (see --timeout)")
        return os.read(fd, _BLOCK_BYTES)

    def finish(self) -> Decoded:
        """What the decoder states at its end. Raises DecodeError if it failed."""
        message = b""
        while data := self._read(self.status):
            message += data
        _, wait_status = os.waitpid(self.pid, 0)
        self.pid = 0
        code = os.waitstatus_to_exitcode(wait_status)
        if code < 0:
            raise CrashedError(f"the decoder crashed ({signal.Signals(-code).name})")
        status = json.loads(message or b'{"error": "the decoder gave no answer"}')
        if "error" in status:
            raise DecodeError(_plain(status["error"]))
        return Decoded(int(status["samples"]), float(status["rate"]))

    def kill(self) -> None:
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        os.close(self.audio)
        os.close(self.status)


def _plain(message: str) -> str:
    """A decoder's error in words for a user, on one line."""
    known = {
        "Could not find stream information": "no audio in it that can be decoded",
        "Could not open file": "not an audio file, or damaged",
        "No audio stream": "no audio stream in it",
    }
    for text, plain in known.items():
        if text.lower() in message.lower():
            return plain
    return " ".join(message.split())[:300]
