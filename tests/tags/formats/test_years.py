"""The year in what tags have for a date, and where each kind of file has it."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen import id3
from mutagen.mp4 import MP4FreeForm

from audiotag.tags.formats.read import read_tags
from audiotag.tags.formats.years import FIRST, LAST, year_of
from tests.helpers.audio_files import CODECS
from tests.tags.dressing import apev2_tag, id3v1_block, put_id3
from tests.tags.handmade import make_handmade

AudioFile = Callable[..., Path]


@pytest.mark.parametrize(
    "text",
    ["1997", "1997-05-21", "1997-05-21T07:00:00Z", "19970521", "199705", "21.05.1997", "5/21/1997",
     "(c) 1997, 2005", " 1997?", "１９９７", "0000 1997", "197 1997"],
)  # fmt: skip
def test_dates_in_many_forms(text: str) -> None:
    assert year_of([text]) == 1997


@pytest.mark.parametrize(
    "text",
    ["", "0000", "0", "97", "'97", "12345", "9999", "2101", "0999", "12051997", "1997052", "next", "²⁰⁰⁰"],
)  # fmt: skip
def test_nonsense_is_none(text: str) -> None:
    assert year_of([text]) is None


def test_the_first_text_that_makes_sense_counts() -> None:
    assert year_of(["", "0000", "unknown", "1984", "1997"]) == 1984
    assert year_of([]) is None


@given(st.lists(st.text()))
def test_whatever_is_there_it_is_a_year_or_none(texts: list[str]) -> None:
    year = year_of(texts)
    assert year is None or FIRST <= year <= LAST


@given(st.integers(FIRST, LAST), st.text(st.characters(exclude_categories=["Nd"]), max_size=20))
def test_a_year_is_found_behind_whatever_has_no_digits(year: int, before: str) -> None:
    assert year_of([f"{before}{year}"]) == year


_MP4 = "\xa9day"
_NAMES = {
    ".m4a": _MP4,
    ".mp4": _MP4,
    ".m4b": _MP4,
    ".wma": "WM/Year",
    ".wv": "Year",
    ".ape": "Year",
    ".mpc": "Year",
}


@pytest.mark.parametrize("suffix", [*CODECS, ".ape", ".mpc", ".spx"])
def test_every_kind_of_file_has_one(suffix: str, tmp_path: Path, audio_file: AudioFile) -> None:
    song = tmp_path / f"song{suffix}"
    if suffix in (".ape", ".mpc", ".spx"):
        make_handmade(song)
    else:
        shutil.copyfile(audio_file(suffix), song)
    assert read_tags(song).year is None
    audio: Any = mutagen.File(song)
    if audio.tags is None:
        audio.add_tags()
    if suffix in (".mp3", ".wav", ".aiff", ".tta"):
        audio.tags.add(id3.TDRC(encoding=0, text=["1997-05-21"]))
    else:
        audio.tags[_NAMES.get(suffix, "DATE")] = ["1997-05-21"]
    audio.save()
    assert read_tags(song).year == 1997


class TestID3:
    @pytest.fixture
    def song(self, tmp_path: Path, audio_file: AudioFile) -> Path:
        return Path(shutil.copyfile(audio_file(".mp3"), tmp_path / "song.mp3"))

    @pytest.mark.parametrize(
        ("version", "frame"),
        [(2, b"TYE"), (2, b"TOR"), (3, b"TYER"), (3, b"TORY"), (3, b"TDRC"),
         (4, b"TDRC"), (4, b"TDRL"), (4, b"TDOR")],
    )  # fmt: skip
    def test_every_version(self, version: int, frame: bytes, song: Path) -> None:
        content = b"\x001997"
        size = struct.pack(">I", len(content))
        whole = frame + (size[1:] if version == 2 else size + b"\0\0") + content
        put_id3(song, b"ID3" + bytes((version, 0, 0, 0, 0, 0, len(whole))) + whole)
        assert read_tags(song).year == 1997

    def test_what_players_show_comes_before_the_original(self, song: Path) -> None:
        tag: Any = id3.ID3()
        tag.add(id3.TDOR(encoding=0, text=["1967"]))
        tag.add(id3.TDRC(encoding=0, text=["2009"]))
        tag.save(song)
        assert read_tags(song).year == 2009
        tag.add(id3.TDRC(encoding=0, text=["0000"]))
        tag.save(song)
        assert read_tags(song).year == 1967

    @pytest.mark.parametrize("tail", [id3v1_block(), apev2_tag(Year="1999")], ids=["ID3v1", "APEv2"])
    def test_older_tags_count_where_there_is_none(self, tail: bytes, song: Path) -> None:
        with song.open("ab") as file:
            file.write(tail)
        assert read_tags(song).year == 1999
        put_id3(song, b"")
        tag: Any = id3.ID3()
        tag.add(id3.TDRC(encoding=0, text=["2001"]))
        tag.save(song, v1=0)
        assert read_tags(song).year == 2001


def test_the_list_of_a_wav_file(tmp_path: Path, audio_file: AudioFile) -> None:
    data = audio_file(".wav").read_bytes()
    entries = b"INFO" + b"ICRD" + struct.pack("<I", 11) + b"1997-05-21\0\0"
    body = data[8:] + b"LIST" + struct.pack("<I", len(entries)) + entries
    song = tmp_path / "song.wav"
    song.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert read_tags(song).year == 1997


@pytest.mark.parametrize(
    ("suffix", "name", "value"),
    [
        (".flac", "YEAR", "1997"),
        (".ogg", "ORIGINALDATE", "1997-05"),
        (".opus", "originalyear", "1997"),
        (".m4a", "----:com.apple.iTunes:originaldate", MP4FreeForm(b"1997-05-21")),
        (".wma", "WM/OriginalReleaseYear", "1997"),
        (".wv", "Originaldate", "1997"),
    ],
)
def test_other_names_of_it(
    suffix: str, name: str, value: object, tmp_path: Path, audio_file: AudioFile
) -> None:
    song = Path(shutil.copyfile(audio_file(suffix), tmp_path / f"song{suffix}"))
    audio: Any = mutagen.File(song)
    audio.tags[name] = [value]
    audio.save()
    assert read_tags(song).year == 1997
