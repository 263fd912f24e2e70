"""Real audio files for the tests, made by code: tones and noise, encoded with PyAV.

    make_audio(folder / "x.mp3", tone(3.0, 44_100), 44_100)

Speex, Monkey's Audio and Musepack are not among the suffixes: PyAV's FFmpeg cannot encode them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

# What encodes a file with this suffix, unless `codec` says otherwise (ALAC in .m4a: "alac").
CODECS = {
    ".mp3": "libmp3lame",
    ".flac": "flac",
    ".ogg": "vorbis",
    ".opus": "libopus",
    ".m4a": "aac",
    ".mp4": "aac",
    ".m4b": "aac",
    ".wma": "wmav2",
    ".wav": "pcm_s16le",
    ".aiff": "pcm_s16be",
    ".wv": "wavpack",
    ".tta": "tta",
}
_MUXERS = {".m4a": "ipod", ".m4b": "ipod", ".wma": "asf", ".ogg": "ogg"}
_BIT_RATES = {"libmp3lame": 128_000, "aac": 128_000, "wmav2": 128_000, "libopus": 96_000}
# Where FFmpeg's first choice would be 8 bits a sample.
_SAMPLE_FORMATS = {"tta": "s16", "wavpack": "s16p"}
# FFmpeg's own Vorbis encoder counts as experimental and knows stereo only.
_STEREO_ONLY = frozenset({"vorbis"})


def tone(seconds: float, rate: int, channels: int = 2, seed: int = 0) -> Samples:
    """Three tones and a little noise, (samples, channels), within -1..1; the same for the same seed."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    columns = []
    for _ in range(channels):
        frequencies = random.uniform(80.0, 0.35 * rate, size=3)
        tones = sum(0.2 * np.sin(2 * np.pi * frequency * time) for frequency in frequencies)
        columns.append(tones + 0.02 * random.standard_normal(len(time)))
    return np.stack(columns, axis=1).astype(np.float32)


def make_audio(
    path: Path, samples: Samples, rate: int, codec: str | None = None, bit_rate: int | None = None
) -> Path:
    """Encode (samples, channels) at `rate` Hz into a file; the suffix chooses codec and container.

    Mono and stereo. The codec has to know the rate: MP3 up to 48 kHz, Opus 8, 12, 16, 24 or
    48 kHz. Ogg Vorbis is always written as stereo, mono as two equal channels.
    """
    codec = codec or CODECS[path.suffix]
    if codec in _STEREO_ONLY and samples.shape[1] == 1:
        samples = np.repeat(samples, 2, axis=1)
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    options = {"strict": "experimental"} if codec == "vorbis" else {}
    with av.open(str(path), "w", format=_MUXERS.get(path.suffix)) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout=layout, options=options)
        if codec in _BIT_RATES:
            stream.bit_rate = bit_rate or _BIT_RATES[codec]
        if codec in _SAMPLE_FORMATS:
            stream.format = _SAMPLE_FORMATS[codec]
        for frame in frames_for(samples, rate, layout, stream):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def decode(path: Path) -> NDArray[Any]:
    """All samples of a file, (samples, channels), as PyAV decodes them: to compare two files."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        channels = container.streams.audio[0].codec_context.layout.nb_channels
    joined = np.concatenate(frames, axis=1)
    # Planar formats give a row a channel, packed ones a single row of interleaved samples.
    return joined.T if len(joined) == channels else joined.reshape(-1, channels)


def frames_for(samples: Samples, rate: int, layout: str, stream: Any) -> list[av.AudioFrame]:
    """The samples in frames of the size and sample format that the encoder wants."""
    interleaved = np.ascontiguousarray(samples, dtype=np.float32).reshape(1, -1)
    whole = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
    whole.rate = rate
    whole.pts = 0
    # Opening tells how long a frame has to be.
    stream.codec_context.open(strict=False)
    converter = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
    fifo = av.AudioFifo()
    for frame in converter.resample(whole):
        fifo.write(frame)
    size = stream.codec_context.frame_size or 4096
    frames = fifo.read_many(size)
    rest = fifo.read(partial=True)
    return [*frames, rest] if rest else frames
