"""A process of its own for looking at one file.

Decoders crash on damaged files, beyond any try/except, and readers of tags may take for
ever. So each file is looked at in forked children: a crash, a hang or a memory leak
there costs that file and nothing else. A decoder writes mono samples into a pipe, which
keeps memory bounded however long the file is.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from audiotag.audio.limits import limit_memory, limit_processor_time, memory_allowed
from audiotag.errors import DecodeError

# Samples in a block, 1.5 s at 44.1 kHz. The child writes whole blocks; the last one
# is filled up, and its status says where the sound really ends.
BLOCK_SAMPLES = 65_536
_BLOCK_BYTES = 4 * BLOCK_SAMPLES
_MOST_DESCRIPTORS = 1 << 16
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# What the C++ library and FFmpeg say.
_NO_MEMORY = ("bad_alloc", "Cannot allocate memory")
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class DecodeLimits:
    """What one file may cost. seconds: wall time. memory_bytes: private memory of the decoder's
    process, of which some 300 MB are what Essentia takes to load."""

    seconds: float = 600.0
    memory_bytes: int = 2 << 30


@dataclass(frozen=True)
class Decoded:
    """What a decoder says when it is through. samples: mono samples written. rate: Hz.

    unrelated: for each block, what energy the first samples of its mix would have if the channels
    had nothing to do with each other; see mixdown.py. loudest: the channel to be taken alone if
    they cancel out.
    """

    samples: int
    rate: float
    unrelated: Sequence[float] = ()
    loudest: int = 0


# (name of the file, descriptor for float32 blocks, only=channel or None) → Decoded, or any
# exception. With `only`, that channel is written in place of the mean of all.
Decoder = Callable[..., Decoded]

# What a child does: (descriptor for audio) → a JSON object, or any exception.
Work = Callable[[int], dict[str, Any]]


class TimedOutError(DecodeError):
    """Looking at the file took longer than the user allows."""

    kind = "timeout"


class CrashedError(DecodeError):
    """The child died."""

    kind = "crash"


class TooMuchMemoryError(DecodeError):
    """The child wanted more memory than it may have."""

    kind = "memory"


@dataclass(frozen=True)
class Allowance:
    """The limits, and when they end: on the monotonic clock, for all tries at a file together."""

    limits: DecodeLimits
    deadline: float

    @classmethod
    def from_now(cls, limits: DecodeLimits) -> Allowance:
        return cls(limits, time.monotonic() + limits.seconds)


@dataclass
class Child:
    """The parent's side of one child; `close` it, whatever happens."""

    pid: int
    audio: int
    status: int
    allowance: Allowance

    @classmethod
    def start(cls, work: Work, allowance: Allowance) -> Child:
        """Fork a child that does `work` within its limits."""
        audio, audio_write = os.pipe()
        status, status_write = os.pipe()
        parent = os.getpid()
        with warnings.catch_warnings():
            # Python 3.12 warns of forking beside threads; this child runs no Python
            # code that could wait for a lock that one of them holds.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:  # pragma: no cover  (coverage begins anew in a fork, with the next call)
            os.close(audio)
            os.close(status)
            _end_with(parent)
            _run(work, audio_write, status_write, allowance.limits)
        os.close(audio_write)
        os.close(status_write)
        return cls(pid, audio, status, allowance)

    def read_blocks(self) -> Iterator[np.ndarray]:
        """Whole blocks of BLOCK_SAMPLES until the child closes its pipe. Raises TimedOutError."""
        buffer = bytearray()
        while data := self._read(self.audio):
            buffer += data
            if len(buffer) >= _BLOCK_BYTES:
                yield np.frombuffer(bytes(buffer[:_BLOCK_BYTES]), np.float32)
                del buffer[:_BLOCK_BYTES]

    def finish(self) -> dict[str, Any]:
        """What the child states at its end. Raises DecodeError if it failed."""
        message = b""
        while data := self._read(self.status):
            message += data
        _, wait_status = os.waitpid(self.pid, 0)
        self.pid = 0
        code = os.waitstatus_to_exitcode(wait_status)
        if -code == signal.SIGXCPU:
            raise TimedOutError("took more processor time than --timeout, or 'ulimit -t', allows")
        if code < 0:
            raise CrashedError(f"the decoder crashed ({signal.Signals(-code).name})")
        status: dict[str, Any] = json.loads(message or b'{"error": "the decoder gave no answer"}')
        if status.get("memory"):
            raise TooMuchMemoryError(
                f"wanted more than {memory_allowed(self.allowance.limits.memory_bytes) / (1 << 30):.3g} GiB "
                "of memory"
            )
        if "error" in status:
            raise DecodeError(status["error"])
        return status

    def close(self) -> None:
        """End the child if it is still there, and let go of its pipes."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        os.close(self.audio)
        os.close(self.status)

    def _read(self, fd: int) -> bytes:
        left = self.allowance.deadline - time.monotonic()
        if left <= 0 or not _readable(fd, left):
            raise TimedOutError(f"took longer than {self.allowance.limits.seconds:g} s (see --timeout)")
        return os.read(fd, _BLOCK_BYTES)


def ask_child(question: Callable[[], dict[str, Any]], allowance: Allowance) -> dict[str, Any]:
    """`question()`, a JSON object, answered in a child. Raises DecodeError if it fails."""
    child = Child.start(lambda _audio: question(), allowance)
    try:
        return child.finish()
    finally:
        child.close()


def _readable(fd: int, seconds: float) -> bool:
    poll = select.poll()  # unlike select() it takes descriptors above 1023
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1e3))


def _run(work: Work, audio: int, status_fd: int, limits: DecodeLimits) -> NoReturn:
    """Work, report, exit: the forked child's whole life, which never returns to the caller's code."""
    code = 1
    try:
        for signum in (signal.SIGTERM, signal.SIGPIPE):
            signal.signal(signum, signal.SIG_DFL)
        # Ctrl-C reaches all processes of a terminal; its worker ends this one.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        limit_memory(limits.memory_bytes, for_good=True)
        # Should the process that keeps the time be killed, the system ends a runaway decoder.
        limit_processor_time(limits.seconds)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        status: dict[str, object] = work(audio)
        code = 0
    except BaseException as fault:  # a forked child has nobody above it to catch anything
        memory = isinstance(fault, MemoryError) or any(sign in str(fault) for sign in _NO_MEMORY)
        status = {"error": str(fault) or type(fault).__name__, "memory": memory}
    try:
        # The other side reads all audio before the status, which may be more than a pipe holds: the
        # audio has to end first, and a decoder may have opened its pipe a second time.
        os.closerange(3, status_fd)
        os.closerange(status_fd + 1, _MOST_DESCRIPTORS)
        _write_all(status_fd, json.dumps(status).encode())
    finally:
        os._exit(code)


def _end_with(parent: int) -> None:
    """Have this process killed when the one that forked it ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that took hold
        os._exit(1)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
