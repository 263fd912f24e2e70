"""Files with sound and pictures, made by code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.helpers.audio_files import Samples, frames_for


def make_video(
    path: Path,
    samples: Samples,
    rate: int,
    pictures: int,
    seconds: float,
    *,
    container: str = "mp4",
    video: str = "mpeg4",
    audio: str = "aac",
    metadata: dict[str, str] | None = None,
) -> Path:
    """A file with the sound (samples, 2), and so many pictures of `seconds` each, evenly spread.

    No pictures: the sound alone, in that container.
    """
    with av.open(str(path), "w", format=container) as out:
        out.metadata.update(metadata or {})
        sound: Any = out.add_stream(audio, rate=rate, layout="stereo")
        sound.bit_rate = 128_000
        if pictures:
            fps = max(1, round(1 / seconds))
            shown: Any = out.add_stream(video, rate=fps)
            shown.width, shown.height = 64, 48
            shown.pix_fmt = "yuvj420p" if video == "mjpeg" else "yuv420p"
            random = np.random.default_rng(0)
            for number in range(pictures):
                picture = av.VideoFrame.from_ndarray(
                    random.integers(0, 255, (48, 64, 3), dtype=np.uint8), format="rgb24"
                )
                picture.pts = round(number * seconds * fps)
                out.mux(shown.encode(picture))
            out.mux(shown.encode(None))
        for frame in frames_for(samples, rate, "stereo", sound):
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    return path
