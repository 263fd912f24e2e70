"""PyAV: the second decoder, for what Essentia's build of FFmpeg lacks.

That is Opus and Speex, more than two channels, and some lossless files whose frames
are larger than its buffer (TTA).
"""

from __future__ import annotations

import os
from contextlib import suppress

import av
import numpy as np

from audiotag.audio.child import BLOCK_SAMPLES, Decoded


def decode_with_pyav(filename: str, audio_fd: int) -> Decoded:
    """Write the file's mono mix into `audio_fd`, float32 at its own rate.

    Damaged packets are passed over, as players do. Raises av.FFmpegError when the file
    cannot be opened, ValueError when there is no sound in it.
    """
    av.logging.set_level(av.logging.PANIC)
    samples = 0
    with av.open(filename) as container, os.fdopen(audio_fd, "wb") as pipe:
        if not container.streams.audio:
            raise ValueError("no audio stream in it")
        stream = container.streams.audio[0]
        rate = float(stream.codec_context.sample_rate or 0)
        to_float = av.AudioResampler(format="fltp")  # the format alone: rate and channels stay
        for packet in container.demux(stream):
            with suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    for converted in to_float.resample(frame):
                        rate = float(converted.sample_rate)
                        mono = converted.to_ndarray().mean(axis=0, dtype=np.float32)
                        pipe.write(mono.tobytes())
                        samples += len(mono)
        if samples == 0:
            raise ValueError("no audio in it that can be decoded")
        pipe.write(bytes(4 * (-samples % BLOCK_SAMPLES)))
    return Decoded(samples, rate)
