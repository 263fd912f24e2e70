"""Files → samples, and what is said when that does not work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from audiotag.audio import decoders
from audiotag.audio.child import DecodeLimits, TooMuchMemoryError
from audiotag.audio.decode import _plain
from audiotag.audio.decoders import ESSENTIA, LIBSNDFILE, PYAV
from audiotag.errors import DecodeError, TooShortError, UnreadableError
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.decoding import mono, windows
from tests.helpers.workers import in_worker

AudioFile = Callable[..., Path]

LOSSLESS = [".wav", ".flac", ".aiff"]
ALL = [*LOSSLESS, ".mp3", ".ogg", ".opus", ".m4a", ".wma", ".wv", ".tta"]


@pytest.mark.parametrize("suffix", LOSSLESS)
@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_a_lossless_file_comes_out_sample_for_sample(suffix: str, rate: int, tmp_path: Path) -> None:
    samples = tone(1.7, rate)
    decoded, decoded_rate = in_worker(mono, make_audio(tmp_path / f"a{suffix}", samples, rate))
    assert decoded_rate == rate
    assert len(decoded) == len(samples)
    assert np.abs(decoded - samples.mean(axis=1)).max() < 1e-4


@pytest.mark.parametrize("suffix", ALL)
def test_every_format_is_decoded(suffix: str, audio_file: AudioFile) -> None:
    decoded, rate = in_worker(mono, audio_file(suffix))
    assert rate in (44_100, 48_000)
    assert len(decoded) / rate == pytest.approx(1.0, abs=0.15)  # encoders add delay and padding
    assert np.sqrt((decoded**2).mean()) > 0.01


def test_alac_is_decoded(audio_file: AudioFile) -> None:
    decoded, rate = in_worker(mono, audio_file(".m4a", "alac"))
    assert len(decoded) / rate == pytest.approx(1.0, abs=0.01)


def test_mono_files_are_not_halved(tmp_path: Path) -> None:
    samples = tone(1.0, 22_050, channels=1)
    decoded, _ = in_worker(mono, make_audio(tmp_path / "mono.wav", samples, 22_050))
    assert np.abs(decoded - samples[:, 0]).max() < 1e-4


@pytest.mark.parametrize(
    "name",
    [
        b"line\nbreak.wav",
        b"quote'\".wav",
        "♫ émoji 🎵.wav".encode(),
        b"\xff\xfe not utf-8.wav",
        b"-dash.wav",
        b"%d.wav",
    ],
)
def test_a_name_may_be_any_bytes(name: bytes, tmp_path: Path) -> None:
    target = os.path.join(os.fsencode(tmp_path), name)
    os.rename(make_audio(tmp_path / "plain.wav", tone(1.0, 22_050), 22_050), target)
    decoded, rate = in_worker(mono, target)
    assert (len(decoded), rate) == (22_050, 22_050)


def test_six_channels_are_mixed_like_two(tmp_path: Path) -> None:
    path = tmp_path / "surround.wav"
    samples = (np.random.default_rng(0).standard_normal((44_100, 6)) * 3_000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((6, 2, 44_100, 0, "NONE", "not compressed"))
        file.writeframes(samples.tobytes())
    decoded, rate = in_worker(mono, path)
    assert rate == 44_100
    assert np.abs(decoded - samples.mean(axis=1) / 32_768).max() < 1e-4


def test_all_decoders_hear_the_same(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.flac", tone(3.0, 44_100), 44_100)
    one, *others = (in_worker(mono, path, None, (name,))[0] for name in (LIBSNDFILE, PYAV, ESSENTIA))
    for other in others:
        assert one.shape == other.shape
        assert np.abs(one - other).max() < 1e-6


def test_the_content_counts_and_not_the_suffix(audio_file: AudioFile, tmp_path: Path) -> None:
    renamed = tmp_path / "really.flac"
    renamed.write_bytes(audio_file(".mp3").read_bytes())
    assert len(in_worker(mono, renamed)[0]) > 30_000


class TestBadInput:
    def test_text(self, tmp_path: Path) -> None:
        path = tmp_path / "text.flac"
        path.write_text("this is no music\n" * 100)
        with pytest.raises(DecodeError, match="no audio in it"):
            in_worker(mono, path)

    def test_an_empty_file(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.mp3"
        path.touch()
        with pytest.raises(DecodeError, match="empty"):
            in_worker(mono, path)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableError, match="No such file"):
            in_worker(mono, tmp_path / "gone.mp3")

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(DecodeError):
            in_worker(mono, tmp_path)

    def test_a_truncated_mp3_gives_what_is_left_of_it(self, tmp_path: Path) -> None:
        whole = make_audio(tmp_path / "whole.mp3", tone(8.0, 44_100), 44_100).read_bytes()
        path = tmp_path / "half.mp3"
        path.write_bytes(whole[: len(whole) // 2])
        decoded, rate = in_worker(mono, path)
        assert 3.0 < len(decoded) / rate < 5.0

    def test_under_three_seconds_is_too_short(self, audio_file: AudioFile) -> None:
        with pytest.raises(TooShortError, match=r"1\.0 s"):
            in_worker(windows, audio_file(".wav"))

    def test_what_falls_just_short_is_not_said_to_be_long_enough(self, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "almost.wav", tone(2.97, 44_100), 44_100)
        with pytest.raises(TooShortError, match=r"2\.9 s of sound; at least 3 s"):
            in_worker(windows, path)

    def test_silence_is_too_short_as_well(self, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "silence.flac", np.zeros((5 * 44_100, 2), np.float32), 44_100)
        with pytest.raises(TooShortError, match="silence"):
            in_worker(windows, path)


class TestADecoderThatMisbehaves:
    """The decoder runs in a child: whatever happens to it costs that file alone."""

    def test_one_that_takes_too_long_is_stopped(self, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "long.wav", tone(60.0, 44_100), 44_100)
        with pytest.raises(DecodeError, match=r"took longer than 0\.001 s"):
            in_worker(mono, path, DecodeLimits(seconds=0.001))

    def test_one_that_crashes_is_named_by_its_signal(self, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "fine.wav", tone(1.0, 44_100), 44_100)
        with pytest.raises(DecodeError, match=r"crashed \(SIGSEGV\)"):
            in_worker(_decode_with, _crash, path)

    def test_one_that_wants_too_much_memory_fails_alone(self, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "fine.wav", tone(1.0, 44_100), 44_100)
        with pytest.raises(TooMuchMemoryError, match="more than 2 GiB"):
            in_worker(_decode_with, _eat_memory, path)

    def test_no_child_and_no_descriptor_is_left(self, tmp_path: Path) -> None:
        fine = make_audio(tmp_path / "fine.wav", tone(1.0, 44_100), 44_100)
        text = tmp_path / "text.wav"
        text.write_text("no sound")
        before, after = in_worker(_descriptors_around, [fine, text, tmp_path / "gone.wav"])
        assert after == before


def _crash(filename: str) -> NoReturn:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError("survived")


def _eat_memory(filename: str) -> NoReturn:
    raise AssertionError(len(bytearray(DecodeLimits().memory_bytes)))


def _decode_with(opener: Callable[[str], NoReturn], path: Path) -> object:
    """Decode a file by a decoder that takes the place of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoders, "opener", lambda _name: opener)
        return mono(path)


def _descriptors_around(paths: list[Path]) -> tuple[int, int]:
    counts = []
    for _ in range(2):  # the first round loads what loads once
        for path in paths:
            with suppress(DecodeError, UnreadableError):
                mono(path)
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
        counts.append(len(os.listdir("/dev/fd")))
    return counts[0], counts[1]


def test_a_killed_process_leaves_no_decoder_behind(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "long.wav", tone(120.0, 44_100), 44_100)
    code = (
        "import os, signal, sys; from audiotag.audio.child import DecodeLimits\n"
        "from audiotag.audio.decode import listen\n"
        "from tests.helpers.decoding import Recorder\n"
        "class Listener(Recorder):\n"
        "    def take(self, message):\n"
        "        print(open('/proc/self/task/%d/children' % os.getpid()).read(), flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "listen(sys.argv[1].encode(), DecodeLimits(), Listener())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    child = int(done.stdout.split()[-1])
    for _ in range(100):
        if not _alive(child):
            return
        time.sleep(0.05)
    raise AssertionError("the decoder outlived the process that it worked for")


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        (
            "[Errno 1094995529] Invalid data found when processing input: '/a.mp3'; last error log: [mp3] x",
            "no audio in it that can be decoded",
        ),
        ("[Errno 5] Input/output error: '/music/a.mp3'", "Input/output error"),
        ("unpack requires a buffer of 4 bytes", "damaged in a way that its decoder does not know"),
        ("'NoneType' object is not iterable", "damaged in a way that its decoder does not know"),
        ("list index out of range", "damaged in a way that its decoder does not know"),
        ("AudioLoader: two\n channels", "AudioLoader: two channels"),
    ],
)
def test_a_decoders_words_become_a_users(message: str, plain: str) -> None:
    assert _plain(message) == plain
