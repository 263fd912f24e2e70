"""A file → mono blocks. The one place where decoder faults come out.

The decoding itself happens in a forked child (child.py); this side reads its pipe
against a deadline, tries again where that can help, and says in words what went wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar

import numpy as np

from audiotag.audio.child import (
    Allowance,
    Child,
    Decoded,
    DecodeLimits,
    Decoder,
    TimedOutError,
    ask_child,
)
from audiotag.audio.essentia_decoder import decode_with_essentia, load_essentia_ahead
from audiotag.audio.header import Stated, read_header
from audiotag.audio.mixdown import MixWatch
from audiotag.audio.pyav_decoder import decode_with_pyav, seconds_by_pyav
from audiotag.errors import DecodeError, UnreadableError
from audiotag.text import escaped

Result = TypeVar("Result")

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

DEFAULT_RATE = 44_100.0  # what most music has; used where a header is silent
# Outside these frames of 93 ms would be absurd.
RATES = (2_000.0, 800_000.0)
# A decoder that gives less than this part of what the header promises may have broken off; ...
_WHOLE = 0.9
# ... it has, if the other one gives so much more.
_MORE = 1.05


# What takes a file's sound: (rate in Hz, mono float32 blocks) → anything.
Listener = Callable[[float, Iterator[np.ndarray]], Result]


def listen(
    path: bytes, limits: DecodeLimits | Allowance, listener: Listener[Result], stated: Stated | None = None
) -> Result:
    """Decode a file at its own rate, its channels averaged, and give it to `listener`.

    Where the channels cancel out one of them is taken alone, see mixdown.py. stated: what the
    header says, see `stated_by`; None where nobody asked yet.

    The listener is called anew, with blocks from the start, when what it was given turns out to be
    no good: the samples were not at the rate that the header promised, the channels cancelled
    out, or Essentia gave up or broke off and PyAV is tried. So it must not keep anything between
    calls. Raises UnreadableError when the file cannot be opened, DecodeError when neither
    decoder gets sound out of it, and whatever the listener raises.
    """
    allowance = limits if isinstance(limits, Allowance) else Allowance.from_now(limits)
    load_essentia_ahead()
    with _opened(path) as filename:
        if stated is None:
            stated = _ask_header(filename, allowance)
        # Only the rate at which a decoder delivers decides: the header may be damaged.
        rate = stated.rate if RATES[0] <= stated.rate <= RATES[1] else DEFAULT_RATE
        first = _Attempt(decode_with_essentia, filename, allowance, listener)
        try:
            result = first.run(rate)
            if not _broke_off(first, stated):
                return result
        except TimedOutError:
            raise
        except DecodeError as fault:
            first.fault = fault
        second = _Attempt(decode_with_pyav, filename, allowance, listener)
        try:
            return second.run(rate)
        except TimedOutError:
            raise
        except _NothingError:
            if isinstance(first.fault, _NothingError) and not stated.seconds:
                return listener(rate, iter(()))  # there should be nothing in it, and so it is
            raise
        except DecodeError as fault:
            # The reason of the one that came further; PyAV knows more formats.
            further = first.fault if first.samples > second.samples else None
            raise (further or fault) from None


@contextmanager
def _opened(path: bytes) -> Iterator[str]:
    """The name by which decoders reach the file; they take UTF-8 only, so other bytes go
    through an open descriptor."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as fault:
        raise UnreadableError(fault.strerror or str(fault)) from fault
    try:
        if os.fstat(fd).st_size == 0:
            raise DecodeError("the file is empty")
        try:
            yield os.path.abspath(path).decode("utf-8")
        except UnicodeDecodeError:
            yield f"/dev/fd/{fd}"
    finally:
        os.close(fd)


def stated_by(path: bytes) -> Stated:
    """What the file's header says. What reads it may crash or hang as a decoder may: only ever
    called in a child. Raises UnreadableError, or DecodeError where the file is empty."""
    with _opened(path) as filename:
        return read_header(filename)


def _ask_header(filename: str, allowance: Allowance) -> Stated:
    try:
        return Stated(**ask_child(lambda: asdict(read_header(filename)), allowance))
    except TimedOutError:
        raise
    except DecodeError:
        return Stated()


def _plausible(rate: float) -> float:
    if not RATES[0] <= rate <= RATES[1]:
        raise DecodeError(
            f"its header is damaged, or it holds no music: it states a sample rate of {rate:,.0f} Hz"
        )
    return rate


class _AgainError(Exception):
    """What was decoded is no good: it has to be done at another rate, or by one channel alone."""

    def __init__(self, rate: float, only: int | None) -> None:
        super().__init__(rate, only)
        self.rate = rate
        self.only = only


class _NothingError(DecodeError):
    """The decoder went through the file without an error, and without a sample."""


@dataclass
class _Attempt(Generic[Result]):
    """One decoder's try at a file. samples: how many came of it. fault: why it failed."""

    decoder: Decoder
    filename: str
    allowance: Allowance
    listener: Listener[Result]
    samples: int = 0
    rate: float = DEFAULT_RATE
    fault: DecodeError | None = None

    def run(self, rate: float) -> Result:
        """Give the listener what the decoder delivers, again if need be. Raises DecodeError."""
        try:
            return self.listener(rate, self._blocks(rate, None))
        except _AgainError as again:
            rate = _plausible(again.rate)
            return self.listener(rate, self._blocks(rate, again.only))

    def _blocks(self, rate: float, only: int | None) -> Iterator[np.ndarray]:
        """Blocks as the child writes them; after the last one, _AgainError if they were no good."""
        child = Child.start(lambda audio: asdict(self._decode(audio, only)), self.allowance)
        watch = MixWatch()
        delivered = 0
        held: np.ndarray | None = None  # one block is held back: only the end tells where it ends
        try:
            for block in child.read_blocks():
                watch.take(block)
                if held is not None:
                    delivered += len(held)
                    yield held
                held = block
                self.samples = delivered + len(held)
            decoded = _finished(child)
        finally:
            child.close()
        self.samples, self.rate = decoded.samples, decoded.rate
        if not decoded.samples:
            raise _NothingError("no audio in it that can be decoded")
        if held is not None and decoded.samples > delivered:
            yield held[: decoded.samples - delivered]
        cancelled = only is None and watch.cancels(decoded.unrelated)
        if decoded.rate != rate or cancelled:
            raise _AgainError(decoded.rate, decoded.loudest if cancelled else only)

    def _decode(self, audio: int, only: int | None) -> Decoded:
        if only is None:
            return self.decoder(self.filename, audio)
        return self.decoder(self.filename, audio, only=only)


def _broke_off(attempt: _Attempt[Result], stated: Stated) -> bool:
    """Whether PyAV would give more of the file, where less came than the header promises."""
    seconds = attempt.samples / attempt.rate
    if seconds >= _WHOLE * stated.seconds:
        return False
    try:
        other = ask_child(lambda: {"seconds": seconds_by_pyav(attempt.filename)}, attempt.allowance)
    except DecodeError:
        return False
    return float(other["seconds"]) > _MORE * seconds


def _finished(child: Child) -> Decoded:
    try:
        return Decoded(**child.finish())
    except DecodeError as fault:
        raise type(fault)(_plain(str(fault))) from None


def _plain(message: str) -> str:
    """A decoder's error in words for a user, on one line."""
    for text, plain in _PLAIN.items():
        if text.lower() in message.lower():
            return plain
    # "[Errno 1] What is wrong: '/the/path'; last error log: …", and an interpreter's own words.
    said = re.sub(r"^\[Errno -?\d+\] |: '.*|; last error log.*", "", " ".join(message.split()))
    return "damaged in a way that its decoder does not know" if _JARGON.search(said) else escaped(said[:300])
