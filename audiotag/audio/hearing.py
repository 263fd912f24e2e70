"""What a child does with a file: decoder after decoder, until one of them gets through.

How far it has come it tells the other side, for the case that it crashes there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from audiotag.audio import decoders
from audiotag.audio.child import Tell, wants_memory
from audiotag.audio.decoders import ESSENTIA, LIBSNDFILE, PYAV
from audiotag.audio.mixdown import Mixer
from audiotag.audio.sound import NotReadError, Sound
from audiotag.audio.stated import Stated
from audiotag.errors import DecodeError

DEFAULT_RATE = 44_100.0  # what most music has; of an empty file
# Outside these frames of 93 ms would be absurd.
RATES = (2_000.0, 800_000.0)
# The first decoder has broken off if another one gives so much more.
_MORE = 1.05
_NOTHING = "no audio in it that can be decoded"

# Before a message: what it is. A listener's own ones are SAID.
STAGE, BEGIN, SAID = b"s", b"b", b"m"
# Stages, beside the decoders' names.
LOOK, HEADER, COUNT = "look", "header", "count"


class MonoSound:
    """A file's sound as one channel, as one decoder gives it.

    rate: Hz, certain once the first block, or a length, has come. length: how many samples there are,
    None where that is not certain; only where it is, `stretch` may be asked for.
    """

    def __init__(self, sound: Sound, only: int | None = None) -> None:
        self._sound = sound
        self._only = only
        self.mixer = Mixer(only)
        self.rate = sound.rate
        self.has_ended = False  # all blocks were taken

    @property
    def length(self) -> int | None:
        try:
            length = self._sound.length
        except Exception:  # decoders raise what they like
            return None
        if length is None or not RATES[0] <= self._sound.rate <= RATES[1]:
            return None
        self.rate = self._sound.rate
        return length

    @property
    def cancels(self) -> bool:
        """Whether this is the mean of channels that cancel out: it will be heard anew."""
        return self._only is None and self.mixer.cancels

    def blocks(self) -> Iterator[np.ndarray]:
        """The samples from the start; `rate` holds from the first block on. Raises _DecoderError."""
        blocks = self._sound.blocks()
        self.mixer = Mixer(self._only)
        try:
            for block in blocks:
                if not self.mixer.samples:
                    self.rate = _plausible(self._sound.rate)
                yield self.mixer.mix(block)
        except Exception as fault:  # decoders raise what they like
            raise _DecoderError(fault) from fault
        self.has_ended = True

    def stretch(self, start: int, count: int) -> Iterator[np.ndarray]:
        """`count` samples from the sample `start` on, in blocks; fewer where the file is not what it
        states."""
        with suppress(Exception):  # decoders raise what they like; it is heard from its start then
            for block in self._sound.stretch(start, count):
                yield self.mixer.mix(block)


class Listener(Protocol):
    """Takes a file's sound: `look`, `wants` and `hear` are called in the child, in this order, the others
    in the process that waits for it.

    What `hear` has told is void, and `begin` is called, when the sound turns out to be no good: it was at
    another rate than it began with, its channels cancelled out, or its decoder broke off. Then `hear` is
    called anew.

    wanted: how many seconds it asks for where it can have stretches, None: it takes all.
    """

    @property
    def wanted(self) -> float | None: ...

    def look(self, tell: Tell) -> None:
        """Before any decoder is tried."""

    def wants(self, stated: Stated, tell: Tell) -> bool:
        """Whether the file is to be heard, by what its header states."""

    def hear(self, sound: MonoSound, tell: Tell) -> dict[str, Any]:
        """Take the sound; returns a JSON object."""

    def begin(self) -> None:
        """Forget what was told of the sound."""

    def take(self, message: bytes) -> None:
        """What `look`, `wants` and `hear` told, message by message."""


@dataclass(frozen=True)
class Plan:
    """What a child is to do. names: decoders, in their order. look: call the listener's `look`. header:
    read the header. count: where a decoder may have broken off, ask FFmpeg how much there would be."""

    names: tuple[str, ...]
    look: bool = True
    header: bool = True
    count: bool = True

    def after_crash(self, stage: str) -> Plan | None:
        """What is left to be done when the child has died at this stage; None: nothing."""
        if stage == LOOK:
            return replace(self, look=False)
        rest = replace(self, look=False)
        if stage == HEADER:
            return replace(rest, header=False)
        if stage == COUNT:
            return replace(rest, count=False)
        names = self.names[self.names.index(stage) + 1 :]
        if not names:
            # Where Essentia came after others that failed, their reason is the one to be told.
            names = self.names[:-1] if stage == ESSENTIA else (ESSENTIA,)
        return replace(rest, names=names) if names else None


def hear(filename: str, plan: Plan, listener: Listener, tell: Tell) -> dict[str, Any]:
    """What the listener makes of the file; {"unwanted": True} where it does not want it.

    Raises DecodeError, or what the decoder raised that came furthest.
    """
    return _Hearing(filename, plan, listener, tell).run()


class _DecoderError(Exception):
    """The decoder gave up. fault: what it raised."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(str(fault))
        self.fault = fault


class _NothingError(DecodeError):
    """The decoder went through the file without an error, and without a sample."""


class _Hearing:
    def __init__(self, filename: str, plan: Plan, listener: Listener, tell: Tell) -> None:
        self._filename = filename
        self._plan = plan
        self._listener = listener
        self._tell = tell
        self._stated: Stated | None = None if plan.header else Stated()
        self._begun = False

    def run(self) -> dict[str, Any]:
        if self._plan.look:
            self._stage(LOOK)
            self._listener.look(self._say)
        faults: list[tuple[int, bool, bool, Exception]] = []
        for name in self._plan.names:
            try:
                return self._by(name)
            except _FaultAfterError as fault:  # noqa: PERF203
                # The reason of the one that came further; PyAV knows more formats.
                read = not isinstance(fault.cause, NotReadError)
                faults.append((fault.samples, read, name == PYAV, fault.cause))
        found_nothing = all(isinstance(fault, _NothingError) for *_, fault in faults)
        if found_nothing and not (self._stated or Stated()).seconds:
            # There should be nothing in it, and so it is.
            return self._listener.hear(MonoSound(_Empty()), self._say)
        *_, cause = max(faults, key=lambda fault: fault[:3])
        if isinstance(cause, DecodeError) or wants_memory(cause):
            raise cause
        raise DecodeError(str(cause)) from cause

    def _by(self, name: str) -> dict[str, Any]:
        """By one decoder. Raises _FaultAfterError."""
        if self._stated is None and name != LIBSNDFILE:
            self._stage(HEADER)
            self._stated = _read_header(self._filename)
            if not self._listener.wants(self._stated, self._say):
                return {"unwanted": True}
        self._stage(name)
        with ExitStack() as stack:
            try:
                sound = stack.enter_context(decoders.opener(name)(self._filename))
            except Exception as fault:  # decoders raise what they like
                raise _FaultAfterError(fault, 0) from fault
            if self._stated is None:  # libsndfile reads no films, nor audiobooks that say that they are
                self._stated = Stated(sound.rate, sound.seconds)
                if not self._listener.wants(self._stated, self._say):
                    return {"unwanted": True}
            return self._heard(sound)

    def _heard(self, sound: Sound) -> dict[str, Any]:
        only: int | None = None
        while True:
            if self._begun:
                self._tell(BEGIN)
            self._begun = True
            mono = MonoSound(sound, only)
            try:
                answer = self._listener.hear(mono, self._say)
                if not mono.mixer.samples:
                    raise _DecoderError(_NothingError(_NOTHING))
                if self._has_broken_off(sound, mono):
                    raise _DecoderError(DecodeError("it ends before its sound does"))
            except _DecoderError as fault:
                raise _FaultAfterError(fault.fault, mono.mixer.samples) from fault
            if sound.rate == mono.rate and not mono.cancels:
                return answer
            only = mono.mixer.loudest if mono.cancels else only

    def _has_broken_off(self, sound: Sound, mono: MonoSound) -> bool:
        """Whether FFmpeg would give more of the file, where the decoder has not gone through all of it."""
        if not self._plan.count or not mono.has_ended or sound.is_whole():
            return False
        self._stage(COUNT)
        return _seconds_by_pyav(self._filename) > _MORE * mono.mixer.samples / mono.rate

    def _stage(self, name: str) -> None:
        self._tell(STAGE + name.encode())

    def _say(self, message: bytes) -> None:
        self._tell(SAID + message)


class _FaultAfterError(Exception):
    """A decoder's fault, after so many samples."""

    def __init__(self, cause: Exception, samples: int) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.samples = samples


class _Empty:
    """No sound at all."""

    rate = DEFAULT_RATE
    seconds = 0.0
    length = None

    def blocks(self) -> Iterator[np.ndarray]:
        return iter(())

    def stretch(self, start: int, count: int) -> Iterator[np.ndarray]:
        return iter(())

    def is_whole(self) -> bool:
        return True


def _plausible(rate: float) -> float:
    if not RATES[0] <= rate <= RATES[1]:
        raise DecodeError(
            f"its header is damaged, or it holds no music: it states a sample rate of {rate:,.0f} Hz"
        )
    return rate


def _read_header(filename: str) -> Stated:
    """What FFmpeg reads of it, and nothing where it fails."""
    try:
        from audiotag.audio.header import read_header

        return read_header(filename)
    except Exception:  # decoders raise what they like
        return Stated()


def _seconds_by_pyav(filename: str) -> float:
    """How much FFmpeg gets out of the file; 0.0 where it fails."""
    from audiotag.audio.pyav_decoder import seconds_by_pyav

    try:
        return seconds_by_pyav(filename)
    except Exception:  # decoders raise what they like
        return 0.0
