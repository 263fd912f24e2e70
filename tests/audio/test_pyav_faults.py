"""What FFmpeg makes of files that it cannot read, or not whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from audiotag.audio import pyav_decoder
from audiotag.audio.header import read_header
from audiotag.audio.sound import NotReadError


@dataclass
class Container:
    """A file as FFmpeg has it open: streams, and what comes of reading on. stumbles: how often it fails."""

    audio: list[Any] = field(default_factory=list)
    stumbles: int = 0

    @property
    def streams(self) -> Any:
        return SimpleNamespace(audio=self.audio, video=[])

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *_: object) -> None: ...

    def demux(self, _stream: object) -> Iterator[Any]:
        if self.stumbles:
            self.stumbles -= 1
            raise av.InvalidDataError(1, "Invalid data found when processing input")
        frame = SimpleNamespace(samples=44_100, sample_rate=44_100)
        yield SimpleNamespace(decode=lambda: [frame], size=1)


class TestWhatFFmpegCannotRead:
    def opened(self, monkeypatch: pytest.MonkeyPatch, container: Container) -> None:
        monkeypatch.setattr(pyav_decoder, "open_container", lambda _name, **_options: container)

    def test_a_film_without_sound(self, tmp_path: Path) -> None:
        path = tmp_path / "silent.mkv"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("mjpeg", rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
            for _ in range(20):
                picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
                out.mux(stream.encode(picture))
            out.mux(stream.encode(None))
        stated = read_header(str(path))
        assert (stated.rate, stated.is_video) == (0.0, True)
        with pytest.raises(ValueError, match="no audio stream in it"):
            pyav_decoder.seconds_by_pyav(str(path))

    def test_a_codec_that_nobody_knows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened(monkeypatch, Container([SimpleNamespace(codec_context=None)]))
        opened = pyav_decoder.open_with_pyav("song.mp3")
        with pytest.raises(NotReadError, match="a kind that no decoder knows"), opened:
            raise AssertionError("it was opened")

    def test_a_few_damaged_places_are_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened(
            monkeypatch, Container([SimpleNamespace(codec_context=SimpleNamespace(name="mp3"))], stumbles=49)
        )
        assert pyav_decoder.seconds_by_pyav("song.mp3") == 1.0

    def test_nothing_but_damaged_places_is_no_sound(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened(
            monkeypatch, Container([SimpleNamespace(codec_context=SimpleNamespace(name="mp3"))], stumbles=50)
        )
        with pytest.raises(ValueError, match="no audio in it that can be decoded"):
            pyav_decoder.seconds_by_pyav("song.mp3")
