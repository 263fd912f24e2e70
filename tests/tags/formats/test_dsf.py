"""DSF files: the ID3 tag at their end, and the size and the pointer that follow it."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import pytest
from mutagen import id3
from mutagen.dsf import DSF

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats import dsf
from audiotag.tags.formats.audiospans import find_sound
from audiotag.tags.formats.payload import payload_digest
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.tags.handmade import make_dsf
from tests.tags.readers import by_ffmpeg, by_taglib, write_harmlessly


def tag(version: int = 4, padding: int = 0) -> bytes:
    frames = id3.ID3()
    frames.add(id3.TIT2(encoding=1, text=["A title"]))
    frames.add(id3.TPE1(encoding=1, text=["Ärtist"]))
    frames.add(id3.TYER(encoding=0, text=["1999"]) if version == 3 else id3.TDRC(encoding=0, text=["1999"]))
    out = BytesIO()
    frames.save(out, v2_version=version, padding=lambda _info: padding)
    return out.getvalue()


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("padding", [0, 500])
@pytest.mark.parametrize("behind", [b"", b"more bytes"])
def test_the_tag_is_exchanged(version: int, padding: int, behind: bytes, tmp_path: Path) -> None:
    path = make_dsf(tmp_path / "a.dsf", tag(version, padding) + behind)
    write_harmlessly(path, "Folk")
    assert (read_tags(path).genres, read_tags(path).id3_version) == (("Folk",), version)
    assert by_ffmpeg(path)["genre"] == "Folk"
    assert by_taglib(path)["genre"] == "['Folk']"
    assert path.read_bytes().endswith(behind)
    said_size, pointer = struct.unpack_from("<QQ", path.read_bytes(), 12)
    assert said_size == path.stat().st_size
    assert path.read_bytes()[pointer : pointer + 3] == b"ID3"


def test_a_new_tag_comes_last(tmp_path: Path) -> None:
    path = make_dsf(tmp_path / "a.dsf")
    write_harmlessly(path, "Folk", "Drone")
    assert DSF(path)["TCON"].genres == ["Folk", "Drone"]
    assert struct.unpack_from("<QQ", path.read_bytes(), 12)[0] == path.stat().st_size
    safe_write(path, Change(()))
    assert path.read_bytes() == make_dsf(tmp_path / "b.dsf").read_bytes()


def test_a_pointer_to_the_end_of_the_file_is_no_tag(tmp_path: Path) -> None:
    path = make_dsf(tmp_path / "a.dsf")
    raw = bytearray(path.read_bytes())
    raw[20:28] = struct.pack("<Q", len(raw))
    path.write_bytes(raw)
    write_harmlessly(path, "Folk")
    assert by_ffmpeg(path)["genre"] == "Folk"


def test_another_version_of_the_tag(tmp_path: Path) -> None:
    path = make_dsf(tmp_path / "a.dsf", tag(4))
    safe_write(path, Change(("Folk",), id3_version=3))
    assert read_tags(path).id3_version == 3
    assert by_ffmpeg(path)["title"] == "A title"


def test_tags_do_not_change_what_it_sounds_like(tmp_path: Path) -> None:
    first, second = make_dsf(tmp_path / "a.dsf"), make_dsf(tmp_path / "b.dsf", tag())
    assert payload_digest(first) == payload_digest(second)
    with first.open("rb") as one, second.open("rb") as other:
        assert find_sound(one) == find_sound(other)


@pytest.mark.parametrize(
    ("at", "damage", "words"),
    [
        (4, b"\3", "its first DSF chunk is too short"),
        (28, b"FMT ", "its DSF chunk fmt is missing"),
        (80, b"DATA", "its DSF chunk data is missing"),
    ],
)
def test_missing_chunks_are_named(at: int, damage: bytes, words: str, tmp_path: Path) -> None:
    raw = make_dsf(tmp_path / "a.dsf").read_bytes()
    with pytest.raises(ValueError, match=words):
        dsf.read(BytesIO(raw[:at] + damage + raw[at + len(damage) :]))


@pytest.mark.parametrize(
    ("pointer", "cut", "words"),
    [
        (None, 1000, "its sound is cut off"),
        (5000, 0, "ID3 tag where there is none"),
        (1 << 40, 0, "ID3 tag where there is none"),
        (100, 0, "ID3 tag where there is none"),
    ],
)
def test_what_would_be_played_as_sound_is_refused(
    pointer: int | None, cut: int, words: str, tmp_path: Path
) -> None:
    path = make_dsf(tmp_path / "a.dsf")
    raw = bytearray(path.read_bytes())
    if pointer is not None:
        raw[20:28] = struct.pack("<Q", pointer)
    path.write_bytes(raw[: len(raw) - cut])
    before = path.read_bytes()
    with pytest.raises(FileFault, match=words):
        safe_write(path, Change(("Folk",)))
    assert path.read_bytes() == before
