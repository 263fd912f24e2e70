"""A file → mono blocks. The one place where decoder faults come out.

The decoding itself happens in a forked child (child.py); this side reads its pipe
against a deadline, tries again where that can help, and says in words what went wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np

from audiotag.audio.child import Allowance, Child, DecodeLimits, Decoder, TimedOutError, ask_child
from audiotag.audio.essentia_decoder import decode_with_essentia, load_essentia_ahead, nominal_rate
from audiotag.audio.pyav_decoder import decode_with_pyav
from audiotag.errors import DecodeError, UnreadableError

Result = TypeVar("Result")

DEFAULT_RATE = 44_100.0  # what most music has; used where a header is silent
# Outside these a header is damaged, and frames of 93 ms would be absurd.
RATES = (2_000.0, 800_000.0)


# What hears a file: (rate in Hz, mono float32 blocks) → anything.
Listener = Callable[[float, Iterator[np.ndarray]], Result]


def listen(
    path: bytes, limits: DecodeLimits | Allowance, listener: Listener[Result], rate: float | None = None
) -> Result:
    """Decode a file, channels averaged, at its own rate, and give it to `listener`.

    rate: what the header states, see `stated_rate`; None where nobody asked yet.

    The listener is called anew, with blocks from the start, when what it heard turns
    out to be no good: the samples were not at the rate that the header promised, or
    Essentia gave up and PyAV is tried. So it must not keep anything between calls.
    Raises UnreadableError when the file cannot be opened, DecodeError when neither
    decoder gets sound out of it, and whatever the listener raises.
    """
    allowance = limits if isinstance(limits, Allowance) else Allowance.from_now(limits)
    load_essentia_ahead()
    with _opened(path) as filename:
        if rate is None:
            rate = _ask_rate(path, allowance)
        rate = _plausible(rate or DEFAULT_RATE)
        try:
            return _listen_at(rate, decode_with_essentia, filename, allowance, listener)
        except TimedOutError:
            raise
        except DecodeError as fault:
            with suppress(DecodeError):
                return _listen_at(rate, decode_with_pyav, filename, allowance, listener)
            raise fault from None


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


def stated_rate(path: bytes) -> float:
    """The rate that the header states, in Hz, 0.0 if it does not say. What reads it may crash or
    hang as a decoder may: only ever called in a child."""
    with _opened(path) as filename:
        return nominal_rate(filename)


def _ask_rate(path: bytes, allowance: Allowance) -> float:
    try:
        return float(ask_child(lambda: {"rate": stated_rate(path)}, allowance)["rate"])
    except TimedOutError:
        raise
    except DecodeError:
        return 0.0


def _plausible(rate: float) -> float:
    if not RATES[0] <= rate <= RATES[1]:
        raise DecodeError(f"its header is damaged: it states a sample rate of {rate:,.0f} Hz")
    return rate


class _OtherRateError(Exception):
    def __init__(self, rate: float) -> None:
        super().__init__(rate)
        self.rate = rate


def _listen_at(
    rate: float, decoder: Decoder, filename: str, allowance: Allowance, listener: Listener[Result]
) -> Result:
    try:
        return listener(rate, _blocks(rate, decoder, filename, allowance))
    except _OtherRateError as other:
        rate = _plausible(other.rate)
        return listener(rate, _blocks(rate, decoder, filename, allowance))


def _blocks(rate: float, decoder: Decoder, filename: str, allowance: Allowance) -> Iterator[np.ndarray]:
    """Blocks as the child writes them; after the last one, an error if they were not at `rate`."""
    child = Child.start(lambda audio: asdict(decoder(filename, audio)), allowance)
    delivered = 0
    held: np.ndarray | None = None  # one block is held back: only the end tells where it ends
    try:
        for block in child.read_blocks():
            if held is not None:
                delivered += len(held)
                yield held
            held = block
        decoded = _finished(child)
    finally:
        child.close()
    if held is not None and decoded["samples"] > delivered:
        yield held[: decoded["samples"] - delivered]
    if decoded["rate"] != rate:
        raise _OtherRateError(decoded["rate"])


def _finished(child: Child) -> dict[str, Any]:
    try:
        return child.finish()
    except DecodeError as fault:
        raise type(fault)(_plain(str(fault))) from None


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
