"""libsndfile's traps: what it reads wrongly, or not to its end, is for FFmpeg."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from audiotag.audio.decoders import LIBSNDFILE, PYAV, opener
from audiotag.audio.libsndfile_decoder import open_with_libsndfile
from audiotag.audio.mpeg_header import certain_length
from audiotag.audio.ogg_pages import begins_with_several, is_one_stream
from audiotag.audio.sound import NotReadError
from tests.helpers.audio_files import frames_for, make_audio, tone
from tests.helpers.decoding import mono
from tests.helpers.workers import in_worker

RATE = 22_050


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return tone(6.0, RATE)


def written(path: Path, samples: np.ndarray, **kind: str) -> Path:
    soundfile.write(path, samples, RATE, **kind)
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.wav", {"subtype": "PCM_U8"}), ("a.wav", {"subtype": "PCM_24"}), ("a.wav", {"subtype": "PCM_32"}),
        ("a.wav", {"subtype": "DOUBLE"}), ("a.wav", {"subtype": "ULAW"}), ("a.wav", {"format": "RF64"}),
        ("a.w64", {}), ("a.aiff", {"subtype": "FLOAT"}), ("a.au", {}), ("a.caf", {"subtype": "PCM_16"}),
        ("a.flac", {"subtype": "PCM_24"}),
    ],
)  # fmt: skip
def test_it_hears_what_ffmpeg_hears(
    name: str, kind: dict[str, str], sound: np.ndarray, tmp_path: Path
) -> None:
    path = written(tmp_path / name, sound, **kind)
    found = [in_worker(mono, path, None, (decoder,)) for decoder in (LIBSNDFILE, PYAV)]
    assert found[0][1] == found[1][1] == RATE
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-6)


def test_what_is_louder_than_full_scale_stays_so(tmp_path: Path) -> None:
    loud = np.full((RATE, 1), 1.75, np.float32)
    for name, kind in (("a.wav", "FLOAT"), ("a.aiff", "DOUBLE")):
        samples, _ = in_worker(mono, written(tmp_path / name, loud, subtype=kind))
        np.testing.assert_array_equal(samples, loud[:, 0])


@pytest.mark.parametrize("kind", ["IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_what_ffmpeg_is_better_at_is_not_read(kind: str, sound: np.ndarray, tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", sound[:, :1], subtype=kind)
    with pytest.raises(NotReadError), open_with_libsndfile(str(path)):
        raise AssertionError("it was opened")
    assert len(in_worker(mono, path)[0]) == pytest.approx(6 * RATE, rel=0.02)


def test_nor_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no music at all\n" * 99)
    with pytest.raises(NotReadError), open_with_libsndfile(str(tmp_path / "a.wav")):
        raise AssertionError("it was opened")


@pytest.mark.parametrize("suffix", [".mp3", ".flac"])
class TestDamage:
    """By libsndfile alone these end at the damage; whole they are FFmpeg's."""

    def heard(self, path: Path) -> float:
        samples, rate = in_worker(mono, path)
        return len(samples) / rate

    def test_noise_in_the_middle(self, suffix: str, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / f"a{suffix}", sound, RATE)
        data = path.read_bytes()
        noise = random.Random(1).randbytes(20_000)
        path.write_bytes(data[: len(data) // 2] + noise + data[len(data) // 2 :])
        assert self.heard(path) > 5.5

    def test_noise_before(self, suffix: str, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / f"a{suffix}", sound, RATE)
        path.write_bytes(bytes(5_000) + path.read_bytes())
        assert self.heard(path) > 5.5

    def test_noise_behind_is_no_sound(self, suffix: str, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / f"a{suffix}", sound, RATE)
        path.write_bytes(path.read_bytes() + random.Random(2).randbytes(400_000))
        assert self.heard(path) == pytest.approx(6.0, abs=0.2)

    def test_a_cut(self, suffix: str, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / f"a{suffix}", sound, RATE)
        os.truncate(path, path.stat().st_size // 2)
        assert 2.0 < self.heard(path) < 4.0

    def test_an_id3_tag_before(self, suffix: str, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / f"a{suffix}", sound, RATE)
        path.write_bytes(b"ID3\4\0\0\0\0\x10\0" + bytes(2_048) + path.read_bytes())
        assert self.heard(path) == pytest.approx(6.0, abs=0.1)


def test_two_songs_in_one_file_are_heard_both(sound: np.ndarray, tmp_path: Path) -> None:
    """Of an MP3 whose header speaks of the first, and of a chained Ogg, libsndfile reads that alone."""
    for name in ("a.mp3", "a.ogg"):
        path = make_audio(tmp_path / name, sound, RATE)
        path.write_bytes(
            path.read_bytes() + make_audio(tmp_path / f"b{path.suffix}", sound[::-1], RATE).read_bytes()
        )
        samples, rate = in_worker(mono, path)
        assert len(samples) / rate == pytest.approx(12.0, abs=0.2)


def test_a_wav_whose_sizes_are_those_of_a_pipe(sound: np.ndarray, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.wav", sound, RATE)
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    for size in (b"\xff\xff\xff\xff", bytes(4)):
        data[4:8] = data[at : at + 4] = size
        path.write_bytes(data)
        assert len(in_worker(mono, path)[0]) == pytest.approx(len(sound), abs=2_048)


class TestHowLongAnMp3Is:
    def length(self, path: Path) -> int | None:
        with open_with_libsndfile(str(path)) as opened:
            return opened.length

    def made(self, path: Path, sound: np.ndarray, **options: str) -> Path:
        with av.open(str(path), "w", options={"write_xing": "0"}) as out:
            stream: Any = out.add_stream("libmp3lame", rate=RATE, layout="stereo", options=options)
            for frame in frames_for(sound, RATE, "stereo", stream):
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        return path

    def test_its_frames_are_counted(self, sound: np.ndarray, tmp_path: Path) -> None:
        path = self.made(tmp_path / "a.mp3", sound, b="64k")
        samples, _ = in_worker(mono, path, None, (LIBSNDFILE,))
        assert self.length(path) == len(samples)
        path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
        assert self.length(path) == len(samples)

    def test_one_that_libsndfile_would_not_hear_to_its_end_is_not_read(
        self, sound: np.ndarray, tmp_path: Path
    ) -> None:
        """At a variable rate it guesses from the first frame how long the file is, and stops there."""
        path = self.made(tmp_path / "a.mp3", sound, flags="+qscale", global_quality="472")
        with soundfile.SoundFile(path) as file:
            assert file.frames < 5.5 * RATE
        with pytest.raises(NotReadError):
            self.length(path)
        assert len(in_worker(mono, path)[0]) == pytest.approx(len(sound), abs=3_000)

    def test_unless_it_says_so(self, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "a.mp3", sound, RATE)
        assert self.length(path) == len(in_worker(mono, path)[0])

    def test_what_it_says_is_not_believed_of_another_size(self, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "a.mp3", sound, RATE)
        data = path.read_bytes()
        for other in (data[:-600], data + data[3_000:9_000]):
            path.write_bytes(other)
            assert self.length(path) is None

    def test_nor_are_frames_counted_across_damage(self, sound: np.ndarray, tmp_path: Path) -> None:
        path = self.made(tmp_path / "a.mp3", sound, b="64k")
        data = bytearray(path.read_bytes())
        data[len(data) // 2 : len(data) // 2 + 2_000] = bytes(2_000)
        path.write_bytes(data)
        with pytest.raises(NotReadError):
            self.length(path)

    def test_the_file_stays_where_it_is(self, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "a.mp3", sound, RATE)
        with path.open("rb", buffering=0) as file:
            file.seek(17)
            assert certain_length(file.fileno(), 5) == 5
            assert file.tell() == 17

    @pytest.mark.parametrize("data", [b"", b"ID3", b"Xing", b"\xff\xfb\x90", bytes(5_000)])
    def test_of_anything_else_nothing_is_known(self, data: bytes, tmp_path: Path) -> None:
        (tmp_path / "a.mp3").write_bytes(data)
        with (tmp_path / "a.mp3").open("rb") as file:
            assert certain_length(file.fileno(), 5) is None


class TestOgg:
    def test_one_stream_or_two(self, sound: np.ndarray, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "a.ogg", sound, RATE)
        data = path.read_bytes()
        other = b"".join(b"OggS" + page[:10] + b"abcd" + page[14:] for page in data.split(b"OggS")[1:])
        for content, one in (
            (data, True),
            (data + other, False),
            (b"no Ogg at all", False),
        ):
            path.write_bytes(content)
            with path.open("rb") as file:
                assert is_one_stream(file.fileno()) is one

    @pytest.mark.parametrize(("flags", "several"), [(2, True), (0, False)])
    def test_whether_several_begin_at_once(self, flags: int, several: bool) -> None:
        page = b"OggS\0\2" + bytes(40)
        assert begins_with_several(page + b"OggS\0" + bytes([flags]) + bytes(40)) is several
        assert not begins_with_several(page)
        assert not begins_with_several(page + b"OggS\0")


def test_a_decoder_is_loaded_only_where_a_file_needs_it(sound: np.ndarray, tmp_path: Path) -> None:
    """PyAV by what libsndfile does not read, Essentia by nothing that is whole."""
    code = (
        "import sys; from tests.helpers.decoding import windows\n"
        "for path in sys.argv[1:]:\n"
        "    windows(path)\n"
        "    print(*sorted({'av', 'essentia', 'soundfile', 'tensorflow'} & set(sys.modules)))\n"
    )
    names = ["a.mp3", "a.flac", "a.wav", "a.aiff", "a.ogg", "a.m4a", "a.wma"]
    files = [str(make_audio(tmp_path / name, sound, RATE)) for name in names]
    command = [sys.executable, "-c", code, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == 4 * ["soundfile"] + 3 * ["av soundfile"]


def test_one_that_was_needed_is_loaded_once_for_all(sound: np.ndarray, tmp_path: Path) -> None:
    """By the worker, after the first child that had to load it itself."""
    path = written(tmp_path / "a.wav", sound[:, :1], subtype="IMA_ADPCM")
    code = "import sys; from tests.helpers.decoding import windows\nwindows(sys.argv[1])\n"
    code += "assert 'av' in sys.modules\n"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


def test_a_decoder_that_is_not_installed_costs_nothing_but_itself(
    sound: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_audio(tmp_path / "a.flac", sound, RATE)
    monkeypatch.setitem(sys.modules, "audiotag.audio.libsndfile_decoder", None)
    with pytest.raises(ImportError):
        opener(LIBSNDFILE)
    assert len(mono(path)[0]) == len(sound)
