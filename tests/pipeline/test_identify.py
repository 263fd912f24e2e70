"""A file is known by its sound: tags and names change nothing, another sound does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest

from audiotag.library.changes import Todo
from audiotag.library.fingerprint import WHOLE, fingerprint_of
from audiotag.library.walk import FoundFile
from audiotag.pipeline.identify import identify
from audiotag.tags.change import Change
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.write import safe_write
from tests.helpers.audio_files import make_audio, tone

AudioFile = Callable[..., Path]

FORMATS = [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wav", ".aiff", ".wv", ".tta"]
# A long comment moves and renumbers what follows it.
LONG = "a very long title " * 2_000


def print_of(path: Path) -> bytes | None:
    return fingerprint(os.fsencode(path))


@pytest.fixture
def copy(audio_file: AudioFile, tmp_path: Path) -> Callable[[str], Path]:
    def make(suffix: str) -> Path:
        return Path(shutil.copyfile(audio_file(suffix), tmp_path / f"copy{suffix}"))

    return make


@pytest.mark.parametrize("suffix", FORMATS)
def test_our_own_writing_changes_nothing(suffix: str, copy: Callable[[str], Path]) -> None:
    path = copy(suffix)
    before = print_of(path)
    safe_write(os.fsencode(path), Change(("Rock", "Folk")), WriteOptions())
    assert before is not None
    assert print_of(path) == before


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix not in (".wav", ".aiff", ".tta")])
@pytest.mark.parametrize("title", ["Song", LONG])
def test_another_program_s_tags_change_nothing(suffix: str, title: str, copy: Callable[[str], Path]) -> None:
    path = copy(suffix)
    before = print_of(path)
    song = mutagen.File(path, easy=True)
    if song.tags is None:
        song.add_tags()
    key = {".wma": "Title"}.get(suffix, "title")
    song[key] = [title[: 30_000 if suffix == ".wma" else None]]
    song.save()
    assert print_of(path) == before


@pytest.mark.parametrize("suffix", FORMATS)
def test_another_sound_is_another_file(suffix: str, audio_file: AudioFile, tmp_path: Path) -> None:
    rate = 48_000 if suffix == ".opus" else 44_100
    other = make_audio(tmp_path / f"other{suffix}", tone(1.0, rate, seed=9), rate)
    assert print_of(other) != print_of(audio_file(suffix))


@pytest.mark.parametrize("suffix", FORMATS)
def test_it_is_told_from_a_few_reads(suffix: str, tmp_path: Path) -> None:
    """However long a file is: at most a quarter of a megabyte of its sound, and headers."""
    rate = 48_000 if suffix == ".opus" else 44_100
    path = make_audio(tmp_path / f"long{suffix}", tone(60.0, rate), rate)
    before = _bytes_read()
    assert print_of(path) is not None
    assert _bytes_read() - before < 2_000_000


def _bytes_read() -> int:
    with open("/proc/self/io") as file:
        return int(file.readline().split()[1])


def test_flac_is_known_by_its_own_md5(tmp_path: Path) -> None:
    """Packed anew, at another block size, it is the same sound."""
    import av

    samples = tone(2.0, 44_100)
    one = make_audio(tmp_path / "one.flac", samples, 44_100)
    two = tmp_path / "two.flac"
    with av.open(str(one)) as source, av.open(str(two), "w") as out:
        stream = out.add_stream("flac", rate=44_100, layout="stereo", options={"compression_level": "0"})
        for frame in source.decode(audio=0):
            frame.pts = None
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert one.read_bytes()[200:] != two.read_bytes()[200:]
    assert print_of(one) == print_of(two)


def test_a_copy_that_is_not_whole_is_another_file(audio_file: AudioFile, tmp_path: Path) -> None:
    for suffix in (".mp3", ".ogg", ".wav"):
        data = audio_file(suffix).read_bytes()
        part = tmp_path / f"part{suffix}"
        part.write_bytes(data[: len(data) * 2 // 3])
        assert print_of(part) != print_of(audio_file(suffix))


def test_what_cannot_be_taken_apart_is_known_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "damaged.flac"
    path.write_bytes(b"fLaC" + bytes(range(256)) * 8)
    before = print_of(path)
    assert before is not None
    path.write_bytes(b"fLaC" + bytes(range(256)) * 8 + b"!")
    assert print_of(path) not in (None, before)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF\xff\xff\xff\xffWAVE" + b"JUNK\0\0\0\0" * 300_000,
        b"fLaC" + b"\x01\0\0\0" * 100_000,
        b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 300_000,
        b"OggS" + bytes(100_000),
    ],
)
def test_a_file_made_to_take_for_ever_does_not(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mischief.mp3"
    path.write_bytes(content)
    assert print_of(path) is not None


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert print_of(tmp_path / "gone.mp3") is None
    (tmp_path / "folder.mp3").mkdir()
    assert print_of(tmp_path / "folder.mp3") is None
    os.mkfifo(tmp_path / "pipe.mp3")
    assert print_of(tmp_path / "pipe.mp3") is None


def test_a_long_sound_is_told_by_samples(tmp_path: Path) -> None:
    path = tmp_path / "sound"
    data = bytearray(os.urandom(WHOLE * 4))
    path.write_bytes(data)

    def told() -> bytes:
        with path.open("rb") as file:
            return fingerprint_of(file, "raw", [(0, len(data))])

    before = told()
    for place in (0, len(data) - 1):
        data[place] ^= 1
        path.write_bytes(data)
        assert told() != before
        data[place] ^= 1
    path.write_bytes(data)
    assert told() == before
    with path.open("rb") as file:  # cut anywhere, the joined spans are the same sound
        assert fingerprint_of(file, "raw", [(0, 1_000), (1_000, 9_999), (9_999, len(data))]) == before


def test_a_file_that_is_being_written_is_not_steady(audio_file: AudioFile) -> None:
    path = audio_file(".mp3")
    info = path.stat()
    same = FoundFile(os.fsencode(path), info.st_size, info.st_mtime_ns)
    growing = FoundFile(same.path, same.size - 1, same.mtime_ns)
    gone = FoundFile(b"/no/such/file.mp3", 1, 1)
    todos = [Todo(number, found, "new") for number, found in enumerate((same, growing, gone))]
    assert [found.steady for found in identify(todos)] == [True, False, False]
