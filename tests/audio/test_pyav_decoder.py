"""Many channels, damage, strange rates, DSD: what FFmpeg is for, whichever decoder was asked first."""

from __future__ import annotations

import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from audiotag.audio.decoders import LIBSNDFILE
from audiotag.errors import DecodeError, TooShortError
from tests.helpers.audio_files import frames_for, make_audio, tone
from tests.helpers.decoding import mono, windows
from tests.helpers.dsd import make_dsf
from tests.helpers.workers import in_worker

AudioFile = Callable[..., Path]


def make_many(path: Path, codec: str, layout: str, rate: int = 48_000, **options: str) -> np.ndarray:
    """Two seconds in so many channels, half of them alike; returns their mean."""
    count = av.AudioLayout(layout).nb_channels
    samples = np.repeat(tone(2.0, rate, 1), count, axis=1) * np.linspace(0.1, 1, count, dtype=np.float32)
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=rate, layout=layout, options=options)
        if codec == "wavpack":
            stream.format = "s16p"
        for frame in frames_for(samples, rate, layout, stream):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return np.asarray(samples.mean(axis=1))


@pytest.mark.parametrize(
    ("name", "codec", "layout"),
    [
        ("a.wav", "pcm_s16le", "7.1"),
        ("a.wav", "pcm_f32le", "9 channels"),
        ("a.wav", "pcm_s16le", "hexadecagonal"),
        ("a.wav", "pcm_s16le", "22.2"),
        ("a.wav", "pcm_f64le", "64 channels"),
        ("a.caf", "pcm_s24le", "12 channels"),
        ("a.flac", "flac", "7.1"),  # planar from here on
        ("a.wv", "wavpack", "7.1"),
        ("a.m4a", "alac", "7.1(wide)"),
    ],
)
def test_any_number_of_channels_is_mixed(name: str, codec: str, layout: str, tmp_path: Path) -> None:
    mean = make_many(tmp_path / name, codec, layout)
    decoded, rate = in_worker(mono, tmp_path / name)
    assert (len(decoded), rate) == (len(mean), 48_000)
    assert np.abs(decoded - mean).max() < 1e-3


@pytest.mark.parametrize(("layout", "family"), [("7.1", "1"), ("16 channels", "255"), ("ambisonic 3", "2")])
def test_many_channels_of_opus(layout: str, family: str, tmp_path: Path) -> None:
    mean = make_many(tmp_path / "a.opus", "libopus", layout, mapping_family=family)
    decoded, _ = in_worker(mono, tmp_path / "a.opus")
    assert np.sqrt((decoded**2).mean()) == pytest.approx(np.sqrt((mean**2).mean()), rel=0.2)


@pytest.mark.parametrize(
    ("codec", "container", "rate"),
    [("libopus", "mp4", 48_000), ("libopus", "ogg", 48_000), ("libopus", "webm", 48_000),
     ("ac3", "mp4", 44_100),
     ("flac", "ogg", 44_100), ("flac", "mp4", 44_100), ("alac", "caf", 44_100), ("tta", "tta", 44_100)],
)  # fmt: skip
def test_a_codec_may_lie_in_any_container(codec: str, container: str, rate: int, tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    samples = tone(2.0, rate)
    with av.open(str(path), "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="stereo", options={"strict": "experimental"})
        if codec == "tta":
            stream.format = "s16"
        for frame in frames_for(samples, rate, "stereo", stream):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    decoded, decoded_rate = in_worker(mono, path)
    assert len(decoded) / decoded_rate == pytest.approx(2.0, abs=0.1)
    assert np.sqrt((decoded**2).mean()) > 0.05


class TestDamage:
    @pytest.mark.parametrize("suffix", [".opus", ".tta", ".flac", ".m4a", ".mp3", ".wv", ".ogg"])
    def test_a_damaged_packet_costs_that_packet(self, suffix: str, tmp_path: Path) -> None:
        rate = 48_000 if suffix == ".opus" else 44_100
        path = make_audio(tmp_path / f"a{suffix}", tone(8.0, rate), rate)
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 40] = np.random.default_rng(0).bytes(40)
        path.write_bytes(data)
        decoded, _ = in_worker(mono, path)
        assert 6.0 < len(decoded) / rate < 8.2

    @pytest.mark.parametrize("suffix", [".flac", ".m4a", ".tta"])
    def test_a_file_of_nothing_else_is_a_failure(self, suffix: str, tmp_path: Path) -> None:
        path = make_audio(tmp_path / f"a{suffix}", tone(4.0, 44_100), 44_100)
        data = bytearray(path.read_bytes())
        # The header stays, and so does the end, where an MP4 has it.
        for at in range(3_000, len(data) - 3_000):
            data[at] = (data[at] * 7 + at * 13) & 255
        path.write_bytes(data)
        with pytest.raises((DecodeError, TooShortError)):
            in_worker(windows, path)

    def test_a_header_with_nothing_after_it_is_no_empty_file(self, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "a.flac", tone(4.0, 44_100), 44_100)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 10] + bytes(50_000))
        decoded, _ = in_worker(mono, path)
        assert len(decoded) < 44_100
        path.write_bytes(data[: data.index(b"\xff\xf8")] + bytes(50_000))
        with pytest.raises(DecodeError, match="no audio in it that can be decoded"):
            in_worker(mono, path)

    def test_latin_1_in_a_title_does_no_harm(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        make_many(path, "pcm_s16le", "5.1")  # so that PyAV has to read it
        title = b"INFOINAM" + struct.pack("<I", 4) + "Fé\0\0".encode("latin-1")[:4]
        data = path.read_bytes() + b"LIST" + struct.pack("<I", len(title)) + title
        path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
        assert len(in_worker(mono, path)[0]) == 2 * 48_000


class TestWhichDecoder:
    def test_a_song_that_breaks_off_has_no_more_than_it_has(self, tmp_path: Path) -> None:
        path = tmp_path / "cut.mp3"
        whole = make_audio(tmp_path / "whole.mp3", tone(8.0, 44_100), 44_100).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        np.testing.assert_array_equal(in_worker(mono, path)[0], in_worker(mono, path, None, (LIBSNDFILE,))[0])

    @pytest.mark.parametrize("rate", [1_000, 20_000_000])
    def test_what_rate_the_decoder_delivers_is_none(self, rate: int, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", "not compressed"))
            file.writeframes(bytes(range(256)) * 50)
        with pytest.raises(DecodeError, match=f"it states a sample rate of {rate:,} Hz"):
            in_worker(mono, path)


@pytest.mark.parametrize(("rate", "times", "delivered"), [(44_100, 64, 352_800), (44_100, 256, 352_800)])
def test_dsd_is_heard_at_a_rate_that_fits(rate: int, times: int, delivered: int, tmp_path: Path) -> None:
    time = np.arange(rate) / rate
    sound = (0.4 * np.sin(2 * np.pi * 1_000 * time)).astype(np.float32)[:, None]
    decoded, decoded_rate = in_worker(mono, make_dsf(tmp_path / "a.dsf", sound, rate, times))
    assert decoded_rate == delivered
    assert len(decoded) / decoded_rate == pytest.approx(1.0, abs=0.02)
    spectrum = np.abs(np.fft.rfft(decoded * np.hanning(len(decoded))))
    assert np.argmax(spectrum[:20_000]) == pytest.approx(1_000 * len(decoded) / decoded_rate, abs=1)
    assert np.abs(decoded).mean() == pytest.approx(0.4 * 2 / np.pi, rel=0.1)


def test_silent_dsd_is_silence(tmp_path: Path) -> None:
    """Though it has ultrasound, as loud as it can be."""
    samples = np.zeros((4 * 44_100, 1), np.float32)
    with pytest.raises(TooShortError, match="silence"):
        in_worker(windows, make_dsf(tmp_path / "a.dsf", samples, 44_100))
