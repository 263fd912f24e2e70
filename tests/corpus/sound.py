"""Half a second of sound in any codec and container that PyAV can write, as bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.helpers.audio_files import make_audio, tone

RATE, OPUS_RATE = 44_100, 48_000
SECONDS = 0.5


@cache
def encoded(suffix: str, codec: str | None = None, seconds: float = SECONDS, channels: int = 2) -> bytes:
    """Three tones in the codec and container that audio_files knows for this suffix."""
    rate = OPUS_RATE if "opus" in (codec or suffix) else RATE
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sound{suffix}"
        return make_audio(path, tone(seconds, rate, channels), rate, codec).read_bytes()


@cache
def bare_mp3() -> bytes:
    """MPEG frames alone, the first with LAME's header."""
    return without_id3(encoded(".mp3"))


def without_id3(data: bytes) -> bytes:
    """The bytes behind an ID3v2 tag in front."""
    if not data.startswith(b"ID3"):
        return data
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte
    return data[10 + size :]


def remuxed(
    data: bytes,
    muxer: str,
    options: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """The same packets in another container, or in the same one with other options and tags."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound"  # a file: moov is put in front by reading it again
        with (
            av.open(BytesIO(data)) as source,
            av.open(
                str(path), "w", format=muxer, options={"fflags": "+bitexact", **(options or {})}
            ) as target,
        ):
            wanted = source.streams.audio[0]
            stream = target.add_stream_from_template(wanted)
            target.metadata.update(metadata or {})
            for packet in source.demux(wanted):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        return path.read_bytes()


def film(muxer: str, video: str = "mpeg4", sound: str = "aac", still: bool = False) -> bytes:
    """Sound with moving pictures, or with one still picture as a cover."""
    out = BytesIO()
    samples = tone(SECONDS, RATE)
    with av.open(out, "w", format=muxer) as target:
        pictures: Any = target.add_stream(video, rate=5)
        pictures.width = pictures.height = 64
        pictures.pix_fmt = "yuvj420p" if video == "mjpeg" else "yuv420p"
        audio: Any = target.add_stream(sound, rate=RATE, layout="stereo")
        audio.bit_rate = 128_000
        if still:
            pictures.disposition = av.stream.Disposition.attached_pic
        for number in range(1 if still else 5):
            image = np.full((64, 64, 3), 40 * number, dtype=np.uint8)
            target.mux(pictures.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        audio.codec_context.open(strict=False)
        frame_size = audio.codec_context.frame_size or 1024
        resampler = av.AudioResampler(format=audio.format, layout="stereo", rate=RATE)
        for start in range(0, len(samples) - frame_size, frame_size):
            part = np.ascontiguousarray(samples[start : start + frame_size]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="flt", layout="stereo")
            frame.rate, frame.pts = RATE, start
            for ready in resampler.resample(frame):
                target.mux(audio.encode(ready))
        for stream in (pictures, audio):
            target.mux(stream.encode(None))
    return out.getvalue()
