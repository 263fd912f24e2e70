"""Which decoder is heard, and when the other one is asked: with decoders that are played."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import av
import numpy as np
import pytest

from audiotag.audio import child, decode, pyav_decoder
from audiotag.audio.child import Decoded, DecodeLimits, TimedOutError
from audiotag.audio.header import Stated, read_header
from audiotag.audio.pyav_decoder import decode_with_pyav
from audiotag.errors import DecodeError
from tests.helpers.audio_files import make_audio, tone

UNHURRIED, QUICK = DecodeLimits(), DecodeLimits(seconds=0.5)
SILENT = Stated()  # a header that says nothing


def a_second(_filename: str, audio: int, only: int | None = None) -> Decoded:
    os.write(audio, np.full(65_536, 0.5, np.float32).tobytes())
    return Decoded(44_100, 44_100.0)


def nothing(_filename: str, _audio: int, only: int | None = None) -> Decoded:
    return Decoded(0, 44_100.0)


def refuse(*_arguments: object, **_options: object) -> NoReturn:
    raise ValueError("refused")


def hang(*_arguments: object, **_options: object) -> NoReturn:
    time.sleep(30)
    raise AssertionError("nobody waits so long")


def crash(*_arguments: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("survived")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.mp3"
    path.write_text("the decoders do not look into it")
    return path


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the parts: the first decoder, the second one, and what else decode.py asks."""
    monkeypatch.setattr(decode, "load_essentia_ahead", lambda: None)  # beside TensorFlow it would crash

    def parts(first: Any, second: Any, **others: Any) -> None:
        names = {"decode_with_essentia": first, "decode_with_pyav": second, **others}
        for name, part in names.items():
            monkeypatch.setattr(decode, name, part)

    return parts


def heard(song: Path, limits: DecodeLimits = UNHURRIED, stated: Stated | None = SILENT) -> tuple[float, int]:
    """The rate, and how many samples came."""

    def listener(rate: float, blocks: Iterator[np.ndarray]) -> tuple[float, int]:
        return rate, sum(map(len, blocks))

    return decode.listen(os.fsencode(song), limits, listener, stated)


def test_the_second_one_is_not_asked_when_the_time_is_up(song: Path, play: Any) -> None:
    play(hang, a_second)
    with pytest.raises(TimedOutError, match=r"took longer than 0\.5 s"):
        heard(song, QUICK)


def test_nor_waited_for(song: Path, play: Any) -> None:
    play(refuse, hang)
    with pytest.raises(TimedOutError, match=r"took longer than 0\.5 s"):
        heard(song, QUICK)


def test_a_file_in_which_both_find_nothing_is_an_empty_one(song: Path, play: Any) -> None:
    """Unless its header promised something."""
    play(nothing, nothing)
    assert heard(song) == (decode.DEFAULT_RATE, 0)
    with pytest.raises(DecodeError, match="no audio in it that can be decoded"):
        heard(song, stated=Stated(44_100.0, 60.0))


def test_a_header_that_kills_its_reader_says_nothing(song: Path, play: Any) -> None:
    play(a_second, refuse, read_header=crash)
    assert heard(song, stated=None) == (44_100.0, 44_100)
    play(a_second, refuse, read_header=hang)
    with pytest.raises(TimedOutError):
        heard(song, QUICK, stated=None)


def test_where_the_second_one_cannot_count_the_first_is_believed(song: Path, play: Any) -> None:
    play(a_second, refuse, seconds_by_pyav=refuse)
    assert heard(song, stated=Stated(44_100.0, 60.0)) == (44_100.0, 44_100)


def test_what_a_header_states_comes_through_any_name(tmp_path: Path) -> None:
    song = make_audio(tmp_path / "song.wav", tone(1.0, 44_100), 44_100)
    strange = os.path.join(os.fsencode(tmp_path), b"\xff.wav")
    os.rename(song, strange)
    assert decode.stated_by(strange) == Stated(44_100.0, 1.0)


def test_a_child_whose_parent_has_gone_meanwhile_ends_at_once() -> None:
    pid = os.fork()
    if pid == 0:
        child._end_with(-1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


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
        yield SimpleNamespace(decode=lambda: [frame])


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
        with pytest.raises(ValueError, match="a kind that no decoder knows"):
            decode_with_pyav("song.mp3", os.open(os.devnull, os.O_WRONLY))

    def test_a_few_damaged_places_are_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened(monkeypatch, Container([SimpleNamespace(codec_context=1)], stumbles=49))
        assert pyav_decoder.seconds_by_pyav("song.mp3") == 1.0

    def test_nothing_but_damaged_places_is_no_sound(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened(monkeypatch, Container([SimpleNamespace(codec_context=1)], stumbles=50))
        with pytest.raises(ValueError, match="no audio in it that can be decoded"):
            pyav_decoder.seconds_by_pyav("song.mp3")
