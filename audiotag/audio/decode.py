"""A file → what a listener makes of its sound. The one place where decoder faults come out.

Decoder and listener are in one forked child (child.py, hearing.py), so that no samples travel between
processes; this side takes what the listener tells, against a deadline, and goes on with the next decoder
where one has crashed.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from audiotag.audio.child import Allowance, Child, CrashedError, DecodeLimits, TimedOutError, UnforeseenError
from audiotag.audio.decoders import ESSENTIA, HEAD_BYTES, LIBSNDFILE, PYAV, in_order, load
from audiotag.audio.hearing import BEGIN, LOOK, STAGE, Listener, Plan, hear
from audiotag.errors import DecodeError, UnreadableError
from audiotag.text import escaped

# What decoders say, in part, and what it means.
_PLAIN = {
    "Could not find stream information": "no audio in it that can be decoded",
    "Could not open file": "not an audio file, or damaged",
    "No audio stream": "no audio stream in it",
    "Invalid data found": "no audio in it that can be decoded",
    "End of file": "it ends before its sound does",
    "Decoder not found": "no decoder here knows its format",
    "Not yet implemented": "no decoder here knows its format",
    "Permission denied": "it may not be read; check its permissions",
}
_JARGON = re.compile(
    r"\w(Error|Exception)\b|Errno|\b(NoneType|object|unpack|index|tuple|codec|argument|buffer)\b|0x|\bb'|[<{]"
)


def listen(
    path: bytes,
    limits: DecodeLimits | Allowance,
    listener: Listener,
    names: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """Decode a file at its own rate, its channels averaged, and give it to `listener`; returns what
    it answers, or {"unwanted": True} where it does not want the file.

    Where the channels cancel out one of them is taken alone, see mixdown.py. names: the decoders to
    be tried, None: by what the file begins with. Raises UnreadableError when the file cannot be opened,
    DecodeError when no decoder gets sound out of it.
    """
    allowance = limits if isinstance(limits, Allowance) else Allowance.from_now(limits)
    with _opened(path) as (filename, head, size):
        plan = Plan(names or in_order(head, size, listener.wanted))
        crash: CrashedError | None = None
        while True:
            load(plan.names[0])
            try:
                return _heard(Child.start(partial(hear, filename, plan, listener), allowance), listener)
            except _CrashedAtError as fault:
                following = plan.after_crash(fault.stage)
                if following is None:
                    raise (crash or fault.crash) from None
                if fault.stage != ESSENTIA:
                    crash = crash or fault.crash
                plan = following
            except TimedOutError:
                raise
            except DecodeError as fault:
                raise crash or fault from None


class _CrashedAtError(Exception):
    def __init__(self, crash: CrashedError, stage: str) -> None:
        super().__init__(str(crash))
        self.crash = crash
        self.stage = stage


def _heard(child: Child, listener: Listener) -> dict[str, Any]:
    """The answer of a child, of which `listener` takes the messages. Raises _CrashedAtError, DecodeError."""
    stage = LOOK
    listener.begin()
    try:
        for message in child.messages():
            kind, rest = message[:1], message[1:]
            if kind == STAGE:
                stage = rest.decode()
            elif kind == BEGIN:
                listener.begin()
            else:
                listener.take(rest)
        answer = child.finish()
        if stage in (LIBSNDFILE, PYAV):
            load(stage)  # the next file may be of this kind
        return answer
    except CrashedError as fault:
        raise _CrashedAtError(fault, stage) from fault
    except UnforeseenError:
        raise
    except DecodeError as fault:
        raise type(fault)(_plain(str(fault))) from None
    finally:
        child.close()


@contextmanager
def _opened(path: bytes) -> Iterator[tuple[str, bytes, int]]:
    """The name by which decoders reach the file, how it begins, and its bytes; they take UTF-8 only, so other
    names go through an open descriptor."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as fault:
        raise UnreadableError(fault.strerror or str(fault)) from fault
    try:
        size = os.fstat(fd).st_size
        if size == 0:
            raise DecodeError("the file is empty")
        head = _head(fd)
        try:
            yield os.path.abspath(path).decode("utf-8"), head, size
        except UnicodeDecodeError:
            yield f"/dev/fd/{fd}", head, size
    finally:
        os.close(fd)


def _head(fd: int) -> bytes:
    """How a file begins; b"" of a folder or a pipe. Raises UnreadableError."""
    try:
        return os.pread(fd, HEAD_BYTES, 0)
    except OSError as fault:
        if fault.errno in (errno.EISDIR, errno.ESPIPE):
            return b""
        raise UnreadableError(fault.strerror or str(fault)) from fault


def _plain(message: str) -> str:
    """A decoder's error in words for a user, on one line."""
    for text, plain in _PLAIN.items():
        if text.lower() in message.lower():
            return plain
    # "[Errno 1] What is wrong: '/the/path'; last error log: …", and an interpreter's own words.
    said = re.sub(r"^\[Errno -?\d+\] |: '.*|; last error log.*", "", " ".join(message.split()))
    return "damaged in a way that its decoder does not know" if _JARGON.search(said) else escaped(said[:300])
