"""PyAV: FFmpeg, the decoder for nearly everything.

Its frames are gathered in FFmpeg's own queue: looking at each of them from Python took as long as
decoding it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from itertools import chain
from typing import Any

import av
import numpy as np
from av.codec.context import Flags2

from audiotag.audio.sound import BLOCK_SAMPLES, MOST_RATE, NotReadError

# Above this a header is damaged: DSD1024 comes at 5.6 MHz.
_ABSURD_RATE = 6_000_000
# A container so damaged that its reader stumbles so often without finding a packet has ended.
_STUMBLES = 50
# Only the file itself is read: a playlist in disguise is not to reach for the network.
_READING = {"protocol_whitelist": "file"}
# PyAV looks for the planes of a frame behind the end of FFmpeg's table when there are so many.
_MOST_PLANES = 7
# What a sample is made of, and its full scale and its zero.
_SAMPLE_TYPES = {
    "u8": (np.uint8, 2.0**7, 2.0**7),
    "s16": (np.int16, 2.0**15, 0.0),
    "s32": (np.int32, 2.0**31, 0.0),
    "s64": (np.int64, 2.0**63, 0.0),
    "flt": (np.float32, 1.0, 0.0),
    "dbl": (np.float64, 1.0, 0.0),
}
# FFmpeg takes off what encoders of these add to the start, and brings out at the end what is left in
# the decoder. Essentia does neither, nor is it done here: whoever scanned with it finds the same answers.
_DELAYED = ("aac", "wma")
# The containers that state each frame's place, by FFmpeg's name.
_EXACT = "mp4"
# Samples that are decoded before a stretch, for frames overlap, and before the end to find it.
_RUN_UP = 16_384
_BEFORE_END = 65_536
_NOTHING = "no audio in it that can be decoded"


def open_container(filename: str, **options: str) -> Any:
    """Open a file for reading, silently, whatever its tags are written in. Raises av.FFmpegError.

    options: FFmpeg's, for the container.
    """
    av.logging.set_level(av.logging.PANIC)
    return av.open(filename, metadata_errors="replace", container_options=_READING | options)


class PyavSound:
    """See sound.Sound. rate, until blocks have been taken: what the header states."""

    def __init__(self, filename: str, opened: tuple[Any, Any]) -> None:
        self._filename = filename
        self._opened: tuple[Any, Any] | None = opened  # a container and its stream, until it is read
        self.rate = float(opened[1].codec_context.sample_rate or 0)
        self.seconds = 0.0

    def blocks(self) -> Iterator[np.ndarray]:
        """Damaged packets are passed over, as players do."""
        rates: Counter[float] = Counter()
        opened, self._opened = self._opened, None
        with _stream_of(self._filename) if opened is None else nullcontext(opened) as (container, stream):
            for block, rate in _blocks(_frames(container, stream)):
                rates[rate] += len(block)
                self.rate = rates.most_common(1)[0][0]
                yield block

    @cached_property
    def length(self) -> int | None:
        """Known of MP4 alone: its tables tell to the sample where each frame begins."""
        with _stream_of(self._filename) as (container, stream):
            first = self._first
            if first is None or stream.duration is None:
                return None
            _seek(container, stream, first + stream.duration - _BEFORE_END)
            end = 0
            for frame in _frames(container, stream):
                if frame.pts is not None:
                    end = frame.pts + frame.samples
            return end - first if end > first else None

    def stretch(self, start: int, count: int) -> Iterator[np.ndarray]:
        """Of AAC the noise that it makes up is another one than from the start on."""
        if self._first is None:
            return
        with _stream_of(self._filename) as (container, stream):
            _seek(container, stream, self._first + start - _RUN_UP)
            frames = _joined(_frames(container, stream), self._first + start)
            begin = next(frames, None)
            if begin is None:
                return
            skip = self._first + start - begin.pts
            for block, _ in _blocks(chain([begin], frames)):
                part = block[skip : skip + count]
                skip = 0
                count -= len(part)
                yield part
                if not count:
                    return

    def is_whole(self) -> bool:
        return True

    @cached_property
    def _first(self) -> int | None:
        """Where the first frame is, in samples; None where that is not stated exactly."""
        with _stream_of(self._filename) as (container, stream):
            if _EXACT not in container.format.name.split(","):
                return None
            frame = next(_frames(container, stream), None)
            if frame is None or frame.pts is None or stream.time_base * frame.sample_rate != 1:
                return None
            self.rate = float(frame.sample_rate)
            return int(frame.pts)


@contextmanager
def open_with_pyav(filename: str) -> Iterator[PyavSound]:
    """Open a file. Raises NotReadError, in words for a user, when there is no sound in it."""
    with _stream_of(filename) as opened:
        yield PyavSound(filename, opened)


def seconds_by_pyav(filename: str) -> float:
    """How much sound can be decoded. Raises ValueError as above."""
    with _stream_of(filename) as (container, stream):
        return float(sum(frame.samples / frame.sample_rate for frame in _frames(container, stream)))


@contextmanager
def _stream_of(filename: str) -> Iterator[tuple[Any, Any]]:
    """A file, and the first audio stream in it for which there is a decoder. Raises NotReadError."""
    try:
        container = open_container(filename)
    except av.FFmpegError as fault:
        raise NotReadError(_NOTHING) from fault
    with container:
        streams = container.streams.audio
        for stream in streams:
            if stream.codec_context is not None:
                stream.codec_context.thread_count = 1
                if stream.codec_context.name.startswith(_DELAYED):
                    stream.codec_context.flags2 |= Flags2.skip_manual
                yield container, stream
                return
        raise NotReadError("a kind that no decoder knows" if streams else "no audio stream in it")


def _frames(container: Any, stream: Any) -> Iterator[av.AudioFrame]:
    """All frames that can be decoded. Raises NotReadError where there are none but damaged ones."""
    decoded = damaged = 0
    as_it_comes = stream.codec_context.name.startswith(_DELAYED)
    for packet in _packets(container, stream):
        if packet is None:
            damaged += 1
            continue
        if as_it_comes and not packet.size:
            continue
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            damaged += 1
            continue
        for frame in frames:
            if frame.samples and frame.sample_rate > 0:
                decoded += 1
                yield frame
    if damaged and not decoded:
        raise NotReadError(_NOTHING)


def _seek(container: Any, stream: Any, sample: int) -> None:
    """Go to the packet before a sample; the start, where there is none."""
    start = stream.start_time or 0
    if sample > start:
        container.seek(sample, stream=stream)


def _joined(frames: Iterator[av.AudioFrame], start: int) -> Iterator[av.AudioFrame]:
    """From the frame on in which a sample lies, as long as each begins where the one before has ended."""
    following: int | None = None
    for frame in frames:
        if frame.pts is None or (following is not None and frame.pts != following):
            return
        if following is None and frame.pts > start:
            return
        if frame.pts + frame.samples > start:
            following = frame.pts + frame.samples
            yield frame


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """The stream's packets; None in place of what the container's reader stumbles over."""
    stumbles = 0
    while stumbles < _STUMBLES:
        try:
            for packet in container.demux(stream):
                stumbles = 0
                yield packet
            return
        except av.FFmpegError:  # noqa: PERF203
            stumbles += 1
            yield None


def _blocks(frames: Iterator[av.AudioFrame]) -> Iterator[tuple[np.ndarray, float]]:
    """Frames → (samples, channels) in whole blocks, as far as rate and channels stay what they are, and
    the rate of each, Hz."""
    queue = _Queue()
    for frame in frames:
        if not queue.takes(frame):
            yield from queue.rest()
            queue = _Queue()
            queue.takes(frame)
        yield from queue.whole_blocks()
    yield from queue.rest()


class _Queue:
    """FFmpeg's queue of samples, which takes frames of one kind."""

    def __init__(self) -> None:
        self._fifo = av.AudioFifo()
        self._times = 1  # so many samples become one
        self._rate = 0
        self._packer: Any = None

    def takes(self, frame: av.AudioFrame) -> bool:
        """Put a frame in; False where it is of another kind. Raises ValueError where its rate is absurd."""
        if not self._rate:
            if frame.sample_rate > _ABSURD_RATE:
                raise ValueError(
                    f"its header is damaged: it states a sample rate of {frame.sample_rate:,} Hz"
                )
            self._rate = frame.sample_rate
            self._times = math.ceil(frame.sample_rate / MOST_RATE)
            if frame.format.is_planar and frame.layout.nb_channels > _MOST_PLANES:
                self._packer = av.AudioResampler(format="flt")  # one plane; all else stays
        frame.pts = None  # the queue would compare it
        try:
            for packed in [frame] if self._packer is None else self._packer.resample(frame):
                packed.pts = None
                self._fifo.write(packed)
        except ValueError:
            return False
        return True

    def whole_blocks(self) -> Iterator[tuple[np.ndarray, float]]:
        wanted = BLOCK_SAMPLES * self._times
        while self._fifo.samples >= wanted:
            yield self._read(wanted)

    def rest(self) -> Iterator[tuple[np.ndarray, float]]:
        count = self._fifo.samples // self._times * self._times if self._rate else 0
        if count:
            yield self._read(count)

    def _read(self, count: int) -> tuple[np.ndarray, float]:
        frame = self._fifo.read(count)
        assert frame is not None
        return _slowed(_channels(frame), self._times), round(self._rate / self._times)


def _slowed(channels: np.ndarray, times: int) -> np.ndarray:
    """Each `times` samples averaged into one: enough of a low-pass, for what it would fold
    down to where the mel bands are lies at whole multiples of the new rate, where it is zero."""
    if times == 1:
        return channels
    apart = channels.reshape(-1, times, channels.shape[1])
    return np.asarray(apart.mean(axis=1, dtype=np.float32))


def _channels(frame: av.AudioFrame) -> np.ndarray:
    """A frame's samples, (samples, channels) float32, full scale ±1."""
    name = frame.format.name
    kind, scale, zero = _SAMPLE_TYPES[name.removesuffix("p")]
    count = frame.layout.nb_channels
    if frame.format.is_planar:
        rows = np.stack([np.frombuffer(plane, kind, frame.samples) for plane in frame.planes]).T
    else:
        rows = np.frombuffer(frame.planes[0], kind, frame.samples * count).reshape(-1, count)
    samples = rows.astype(np.float32, copy=False)
    if zero:
        samples -= np.float32(zero)
    if scale != 1.0:
        samples *= np.float32(1.0 / scale)
    return np.asarray(samples)
