"""What a file says of itself before anything is decoded: hints for decoding, and whether it is music.

Whatever reads a header may crash or hang as a decoder may: only ever called in a child.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import av

from audiotag.audio.pyav_decoder import open_container
from audiotag.audio.stated import Stated

# Codecs of single pictures. A stream of them that shows less than one a second is the pictures
# of a podcast's chapters or a slide show's, and no film.
_PICTURES = frozenset(
    ("mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpeg2000", "jpegls", "ljpeg", "ppm", "targa", "qdraw")
)
_NO_FILM = ("attached_pic", "timed_thumbnails", "still_image")
# Streams that FFmpeg counts as video but that show nothing.
_DATA = frozenset(("bin_data", "ansi", "xbin", "idf"))
_LOOKED_AT = 8  # pictures, where the container does not say how many there are
_AUDIOBOOK = "2"  # the value of the atom `stik` by which iTunes knows one


def read_header(filename: str) -> Stated:
    """What the file states; nothing, where it cannot be opened."""
    try:
        # Whether a WAV holds DTS in disguise takes FFmpeg tens of milliseconds, and is no matter here.
        with open_container(filename, max_probe_packets="1") as container:
            return Stated(
                _rate(container),
                _seconds(container),
                any(_is_film(container, stream) for stream in container.streams.video),
                _is_audiobook(container.metadata),
            )
    except (av.FFmpegError, ValueError):
        return Stated()


def _rate(container: Any) -> float:
    for stream in container.streams.audio:
        if stream.codec_context is not None:
            return float(stream.codec_context.sample_rate or 0)
    return 0.0


def _seconds(container: Any) -> float:
    for stream in container.streams.audio:
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
    return 0.0 if container.duration is None else float(container.duration / av.time_base)


def _is_audiobook(tags: dict[str, str]) -> bool:
    """By iTunes's own mark, or by the brand that it gives to audiobooks."""
    return tags.get("media_type") == _AUDIOBOOK or tags.get("major_brand", "").strip() == "M4B"


def _is_film(container: Any, stream: Any) -> bool:
    """Whether a video stream shows more than one picture, and they move."""
    context = stream.codec_context
    codec = "" if context is None else context.name
    if codec in _DATA or any(getattr(stream.disposition, name, 0) & stream.disposition for name in _NO_FILM):
        return False
    pictures, seconds = stream.frames, 0.0
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    if not pictures:
        pictures, seconds = _first_pictures(container.demux(stream))
    if pictures < 2:
        return False
    return codec not in _PICTURES or seconds < pictures


def _first_pictures(packets: Iterable[Any]) -> tuple[int, float]:
    """How many of the first few pictures there are, and the seconds between first and last."""
    times: list[float] = []
    count = 0
    for packet in packets:
        if not packet.size:
            continue
        count += 1
        if packet.pts is not None:
            times.append(float(packet.pts * packet.time_base))
        if count == _LOOKED_AT:
            break
    return count, max(times) - min(times) if times else 0.0
