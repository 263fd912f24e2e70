"""PyAV: the second decoder, for what Essentia's build of FFmpeg lacks.

That is Opus, Speex and DSD, more than two channels, and files in which it finds nothing
or gives up: lossless ones whose frames are larger than its buffer (TTA), damaged ones.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from audiotag.audio.child import BLOCK_SAMPLES, Decoded
from audiotag.audio.mixdown import PROBE

# DSD comes at an eighth of its bit rate: 352.8 kHz to 2.8 MHz. What is above this rate is
# brought below it, for a window of it would take hundreds of megabytes.
_MOST_RATE = 384_000
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


def open_container(filename: str, **options: str) -> Any:
    """Open a file for reading, silently, whatever its tags are written in. Raises av.FFmpegError.

    options: FFmpeg's, for the container.
    """
    av.logging.set_level(av.logging.PANIC)
    return av.open(filename, metadata_errors="replace", container_options=_READING | options)


def decode_with_pyav(filename: str, audio_fd: int, only: int | None = None) -> Decoded:
    """Write the file's mono mix, or one channel alone, into `audio_fd`, float32 at its own rate.

    Damaged packets are passed over, as players do. Raises ValueError, in words for a user, when
    the file cannot be opened, there is no sound in it, or none of its packets can be decoded.
    """
    mixer = _Mixer(only)
    with os.fdopen(audio_fd, "wb") as pipe:
        for frame in _frames(filename):
            pipe.write(mixer.mix(frame).tobytes())
        pipe.write(bytes(4 * (-mixer.samples % BLOCK_SAMPLES)))
    return Decoded(mixer.samples, mixer.rate, mixer.unrelated, mixer.loudest)


def seconds_by_pyav(filename: str) -> float:
    """How much sound can be decoded. Raises ValueError as above."""
    return float(sum(frame.samples / frame.sample_rate for frame in _frames(filename)))


def _frames(filename: str) -> Iterator[av.AudioFrame]:
    """All frames that can be decoded of the first audio stream for which there is a decoder."""
    try:
        container = open_container(filename)
    except av.FFmpegError as fault:
        raise ValueError("no audio in it that can be decoded") from fault
    with container:
        streams = container.streams.audio
        stream = next((stream for stream in streams if stream.codec_context is not None), None)
        if stream is None:
            unknown = "a kind that no decoder knows" if streams else "no audio stream in it"
            raise ValueError(unknown)
        decoded = damaged = 0
        for packet in _packets(container, stream):
            if packet is None:
                damaged += 1
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
            raise ValueError("no audio in it that can be decoded")


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


class _Mixer:
    """Frames → mono samples. samples: made so far. unrelated, loudest: see child.Decoded."""

    def __init__(self, only: int | None) -> None:
        self._only = only
        self._rates: Counter[int] = Counter()
        self._energies: Counter[int] = Counter()
        self._left = np.zeros((0, 0), np.float32)  # samples that do not yet make a whole one
        self.samples = 0
        self.unrelated: list[float] = []

    @property
    def rate(self) -> float:
        """That of most samples, in Hz; 0.0 without any."""
        return float(self._rates.most_common(1)[0][0]) if self._rates else 0.0

    @property
    def loudest(self) -> int:
        return self._energies.most_common(1)[0][0] if self._energies else 0

    def mix(self, frame: av.AudioFrame) -> np.ndarray:
        """A frame's mono samples. Raises ValueError where its rate is absurd."""
        if frame.sample_rate > _ABSURD_RATE:
            raise ValueError(f"its header is damaged: it states a sample rate of {frame.sample_rate:,} Hz")
        # Nothing is known yet of what the samples are: damage.py looks at them.
        with np.errstate(all="ignore"):
            channels = self._slowed(_channels(frame), math.ceil(frame.sample_rate / _MOST_RATE))
            self._weigh(channels)
            if self._only is None:
                mono = channels.mean(axis=0, dtype=np.float32)
            else:
                mono = channels[min(self._only, len(channels) - 1)]
        self._rates[round(frame.sample_rate / math.ceil(frame.sample_rate / _MOST_RATE))] += len(mono)
        self.samples += len(mono)
        return np.asarray(mono)

    def _slowed(self, channels: np.ndarray, times: int) -> np.ndarray:
        """Each `times` samples averaged into one: enough of a low-pass, for what it would fold
        down to where the mel bands are lies at whole multiples of the new rate, where it is zero."""
        if times == 1:
            return channels
        if len(self._left) == len(channels):
            channels = np.concatenate([self._left, channels], axis=1)
        whole = channels.shape[1] // times * times
        self._left = channels[:, whole:]
        apart = channels[:, :whole].reshape(len(channels), -1, times)
        return np.asarray(apart.mean(axis=2, dtype=np.float32))

    def _weigh(self, channels: np.ndarray) -> None:
        """Add up the energies of what lies within the first PROBE samples of a block."""
        at, end = self.samples, self.samples + channels.shape[1]
        while at < end:
            block, offset = divmod(at, BLOCK_SAMPLES)
            after = min(end, (block + 1) * BLOCK_SAMPLES)
            if len(self.unrelated) <= block:
                self.unrelated.append(0.0)
            if offset < PROBE:
                part = channels[:, at - self.samples : min(after, at + PROBE - offset) - self.samples]
                energies = np.square(part, dtype=np.float64).sum(axis=1)
                self.unrelated[block] += float(energies.sum()) / len(channels) ** 2
                for channel, energy in enumerate(energies.tolist()):
                    self._energies[channel] += energy
            at = after


def _channels(frame: av.AudioFrame) -> np.ndarray:
    """A frame's samples, (channels, samples) float32, full scale ±1."""
    if frame.format.is_planar and frame.layout.nb_channels > _MOST_PLANES:
        (frame,) = av.AudioResampler(format="flt").resample(frame)  # one plane; all else stays
    name = frame.format.name
    kind, scale, zero = _SAMPLE_TYPES[name.removesuffix("p")]
    count = frame.layout.nb_channels
    if frame.format.is_planar:
        rows = np.stack([np.frombuffer(plane, kind, frame.samples) for plane in frame.planes])
    else:
        packed = np.frombuffer(frame.planes[0], kind, frame.samples * count)
        rows = np.ascontiguousarray(packed.reshape(-1, count).T)
    samples = rows.astype(np.float32)
    if scale != 1.0:
        samples -= np.float32(zero)
        samples *= np.float32(1.0 / scale)
    return samples
