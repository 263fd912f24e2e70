"""A process of its own for looking at one file.

Decoders crash on damaged files, beyond any try/except, and readers of tags may take for
ever. So each file is looked at in a forked child: a crash, a hang or a memory leak there
costs that file and nothing else. What the child finds out it tells through a pipe, message
by message, so that memory is bounded however long the file is.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import struct
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from audiotag.audio.limits import limit_memory, limit_processor_time, memory_allowed
from audiotag.errors import DecodeError

# Before each message: its kind and how long it is.
_HEAD = struct.Struct("<cI")
_MESSAGE, _STATUS = b"m", b"s"
_READ_BYTES = 1 << 18
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# What the C++ library and FFmpeg say.
_NO_MEMORY = ("bad_alloc", "Cannot allocate memory")
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class DecodeLimits:
    """What one file may cost. seconds: wall time. memory_bytes: private memory of the decoder's
    process."""

    seconds: float = 600.0
    memory_bytes: int = 2 << 30


# What a child says while it works: bytes, to whoever reads its messages.
Tell = Callable[[bytes], None]

# What a child does: tell → a JSON object, or any exception.
Work = Callable[[Tell], dict[str, Any]]


class TimedOutError(DecodeError):
    """Looking at the file took longer than the user allows."""

    kind = "timeout"


class UnforeseenError(DecodeError):
    """The child stumbled over what is not a decoder's fault."""

    kind = "unforeseen"


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
    pipe: int
    allowance: Allowance
    _read_so_far: bytearray = field(default_factory=bytearray)
    _status: bytes = b""

    @classmethod
    def start(cls, work: Work, allowance: Allowance) -> Child:
        """Fork a child that does `work` within its limits."""
        pipe, write = os.pipe()
        parent = os.getpid()
        with warnings.catch_warnings():
            # Python 3.12 warns of forking beside threads; this child runs no Python
            # code that could wait for a lock that one of them holds.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:  # pragma: no cover  (coverage begins anew in a fork, with the next call)
            os.close(pipe)
            _end_with(parent)
            _run(work, write, allowance.limits)
        os.close(write)
        return cls(pid, pipe, allowance)

    def messages(self) -> Iterator[bytes]:
        """What the child tells, until it is through or dies. Raises TimedOutError."""
        while (head := self._take(_HEAD.size)) is not None:
            kind, length = _HEAD.unpack(head)
            body = self._take(length)
            if body is None:
                return
            if kind == _STATUS:
                self._status = body
                return
            yield body

    def finish(self) -> dict[str, Any]:
        """What the child states at its end. Raises DecodeError if it failed."""
        for _ in self.messages():
            pass
        _, wait_status = os.waitpid(self.pid, 0)
        self.pid = 0
        code = os.waitstatus_to_exitcode(wait_status)
        if -code == signal.SIGXCPU:
            raise TimedOutError("took more processor time than --timeout, or 'ulimit -t', allows")
        if code < 0:
            raise CrashedError(f"the decoder crashed ({signal.Signals(-code).name})")
        status: dict[str, Any] = json.loads(self._status or b'{"error": "the decoder gave no answer"}')
        if status.get("memory"):
            raise TooMuchMemoryError(
                f"wanted more than {memory_allowed(self.allowance.limits.memory_bytes) / (1 << 30):.3g} GiB "
                "of memory"
            )
        if "error" in status:
            raise (UnforeseenError if "unforeseen" in status else DecodeError)(status["error"])
        return status

    def close(self) -> None:
        """End the child if it is still there, and let go of its pipe."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        os.close(self.pipe)

    def _take(self, count: int) -> bytes | None:
        """The next so many bytes; None where the child has closed its pipe before."""
        while len(self._read_so_far) < count:
            left = self.allowance.deadline - time.monotonic()
            if left <= 0 or not _readable(self.pipe, left):
                raise TimedOutError(f"took longer than {self.allowance.limits.seconds:g} s (see --timeout)")
            data = os.read(self.pipe, _READ_BYTES)
            if not data:
                return None
            self._read_so_far += data
        taken = bytes(self._read_so_far[:count])
        del self._read_so_far[:count]
        return taken


def ask_child(question: Callable[[], dict[str, Any]], allowance: Allowance) -> dict[str, Any]:
    """`question()`, a JSON object, answered in a child. Raises DecodeError if it fails."""
    child = Child.start(lambda _tell: question(), allowance)
    try:
        return child.finish()
    finally:
        child.close()


def wants_memory(fault: BaseException) -> bool:
    """Whether it came of too little memory."""
    return isinstance(fault, MemoryError) or any(sign in str(fault) for sign in _NO_MEMORY)


def _readable(fd: int, seconds: float) -> bool:
    poll = select.poll()  # unlike select() it takes descriptors above 1023
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1e3))


def _run(work: Work, pipe: int, limits: DecodeLimits) -> NoReturn:
    """Work, report, exit: the forked child's whole life, which never returns to the caller's code."""
    code = 1

    def tell(message: bytes) -> None:
        _write_all(pipe, _HEAD.pack(_MESSAGE, len(message)) + message)

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
        status = work(tell)
        code = 0
    except BaseException as fault:  # a forked child has nobody above it to catch anything
        status = _status_of(fault)
    try:
        body = json.dumps(status).encode()
        _write_all(pipe, _HEAD.pack(_STATUS, len(body)) + body)
    finally:
        os._exit(code)


def _status_of(fault: BaseException) -> dict[str, Any]:
    if isinstance(fault, DecodeError) or wants_memory(fault):
        return {"error": str(fault) or type(fault).__name__, "memory": wants_memory(fault)}
    return {"error": f"{type(fault).__name__}: {fault}"[:300], "unforeseen": True}


def _end_with(parent: int) -> None:
    """Have this process killed when the one that forked it ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that took hold
        os._exit(1)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
