"""What a file says of itself, above all: is it music?"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from audiotag.audio.header import read_header
from audiotag.audio.stated import Stated
from audiotag.pipeline.not_music import kinds_of
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.video_files import make_video

SOUND = tone(4.0, 44_100)


def made(path: Path, pictures: int, seconds: float = 0.1, **options: str) -> Path:
    return make_video(path, SOUND, 44_100, pictures, seconds, **options)


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".wav", ".aiff", ".m4a", ".wma", ".wv", ".tta"])
def test_rate_and_length_of_a_song(suffix: str, tmp_path: Path) -> None:
    stated = read_header(str(make_audio(tmp_path / f"a{suffix}", SOUND, 44_100)))
    assert stated.rate == 44_100
    assert stated.seconds == pytest.approx(4.0, abs=0.1)
    assert (stated.is_video, stated.is_audiobook) == (False, False)


@pytest.mark.parametrize(
    ("name", "container", "video", "audio"),
    [
        ("film.mp4", "mp4", "mpeg4", "aac"),
        ("film.m4a", "mp4", "mpeg4", "aac"),  # it is the content that counts
        ("film.mp4", "mov", "mjpeg", "aac"),  # an old camera's
        ("film.wma", "asf", "msmpeg4", "wmav2"),
        ("film.mp3", "matroska", "mpeg4", "aac"),
        ("film.ogg", "webm", "libvpx", "libopus"),
        ("film.wav", "avi", "mjpeg", "aac"),
        ("film.mp3", "mpegts", "mpeg2video", "mp2"),
        ("film.mp4", "flv", "flv", "aac"),
    ],
)
def test_moving_pictures_are_a_video(
    name: str, container: str, video: str, audio: str, tmp_path: Path
) -> None:
    pictures = {"msmpeg4": 40, "mpeg2video": 100}.get(video, 20)
    seconds = 0.04 if video == "mpeg2video" else 0.1
    rate = 48_000 if audio == "libopus" else 44_100
    path = make_video(
        tmp_path / name, tone(4.0, rate), rate, pictures, seconds,
        container=container, video=video, audio=audio,
    )  # fmt: skip
    assert read_header(str(path)).is_video


@pytest.mark.parametrize("container", ["mp4", "matroska"])
@pytest.mark.parametrize("video", ["mjpeg", "mpeg4"])
def test_one_picture_is_a_cover(video: str, container: str, tmp_path: Path) -> None:
    path = made(tmp_path / "song.m4a", 1, container="mov" if container == "mp4" else container, video=video)
    assert not read_header(str(path)).is_video


@pytest.mark.parametrize("container", ["mov", "matroska"])
def test_the_pictures_of_chapters_are_no_video(container: str, tmp_path: Path) -> None:
    path = made(tmp_path / "mix.m4a", 3, 1.3, container=container, video="mjpeg")
    assert not read_header(str(path)).is_video


def test_an_attached_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("libmp3lame", rate=44_100)
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        out.mux(cover.encode(picture))
        out.mux(cover.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 1152), np.float32), "fltp", "stereo")
        silence.rate = 44_100
        for _ in range(50):
            out.mux(sound.encode(silence))
        out.mux(sound.encode(None))
    assert not read_header(str(path)).is_video


def test_an_audiobook_says_so(tmp_path: Path) -> None:
    book = made(tmp_path / "book.m4a", 0, metadata={"media_type": "2"})
    song = made(tmp_path / "song.m4a", 0, metadata={"media_type": "1"})
    assert read_header(str(book)).is_audiobook
    assert not read_header(str(song)).is_audiobook
    data = bytearray(song.read_bytes())
    data[8:12] = b"M4B "
    song.write_bytes(data)
    assert read_header(str(song)).is_audiobook


@pytest.mark.parametrize(
    "content", [b"no music " * 999, b"#EXTM3U\nhttp://127.0.0.1:9/x.mp3\n", b"\0" * 5_000]
)
def test_what_cannot_be_opened_states_nothing(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    stated = read_header(str(path))
    assert (stated.is_video, stated.is_audiobook) == (False, False)


def test_both_kinds_are_named() -> None:
    film = Stated(44_100.0, 5.0, is_video=True)
    assert kinds_of(b"/a/film.mp4", film) == ("videos",)
    assert kinds_of(b"/a/film.M4B", film) == ("videos", "audiobooks")
    assert kinds_of(b"/a/book.m4b", Stated()) == ("audiobooks",)
    assert kinds_of(b"/a/song.m4a", Stated()) == ()
