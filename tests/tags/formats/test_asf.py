"""WMA files: attributes of streams and languages, several values, odd headers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.asf import ASF

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats import asf_header
from audiotag.tags.formats.asf_header import Attribute, Header, Object
from audiotag.tags.formats.read import read_tags
from audiotag.tags.formats.spans import replace_span
from audiotag.tags.safewrite.write import safe_write
from tests.tags.dressing import write_genres
from tests.tags.readers import by_ffmpeg, by_taglib, genres_shown, write_harmlessly

AudioFile = Callable[..., Path]
Editing = Callable[[Header], Header]
METADATA, LIBRARY = sorted(asf_header.WITH_ATTRIBUTES - {asf_header.ATTRIBUTES}, reverse=True)
TEXT, BYTES, FLAG, NUMBER = 0, 1, 2, 3


def of_stream(name: str, value: bytes, kind: int, stream: int = 0, language: int = 0) -> Attribute:
    raw_name = (name + "\0").encode("utf-16-le")
    raw = struct.pack("<4HI", language, stream, len(raw_name), kind, len(value)) + raw_name + value
    return Attribute(name, kind, value, raw)


def text(value: str) -> bytes:
    return (value + "\0").encode("utf-16-le")


def in_extension(*objects: Object) -> Editing:
    def edit(header: Header) -> Header:
        reserved = b"\x11\xd2\xd3\xab\xba\xa9\xcf\x11\x8e\xe6\x00\xc0\x0c\x20\x53\x65\x06\x00" + bytes(4)
        kept = tuple(one for one in header.objects if one.guid != asf_header.EXTENSION)
        return replace(header, objects=(*kept, Object(asf_header.EXTENSION, reserved, objects)))

    return edit


def with_attributes(*more: Attribute) -> Editing:
    def edit(header: Header) -> Header:
        kept = tuple(one for one in header.objects if one.guid != asf_header.ATTRIBUTES)
        return replace(header, objects=(*kept, Object(asf_header.ATTRIBUTES, attributes=more)))

    return edit


STRUCTURES: dict[str, Editing] = {
    "as it should be": lambda header: header,
    "attributes of streams": in_extension(
        Object(
            METADATA,
            attributes=tuple(of_stream("IsVBR", struct.pack("<H", n & 1), FLAG, n) for n in (0, 1, 2)),
        )
    ),
    "two authors": in_extension(
        Object(LIBRARY, attributes=tuple(of_stream("Author", text(name), TEXT) for name in ("One", "Two")))
    ),
    "a picture over 64 KiB": in_extension(
        Object(LIBRARY, attributes=(of_stream("WM/Picture", bytes(100_000), BYTES),))
    ),
    "a genre in the library": in_extension(
        Object(LIBRARY, attributes=(of_stream("WM/Genre", text("Polka"), TEXT, language=1),))
    ),
    "a genre of a stream": in_extension(
        Object(METADATA, attributes=(of_stream("WM/Genre", text("Polka"), TEXT, 1),))
    ),
    "several genres": with_attributes(
        *(asf_header.attribute(*pair) for pair in (("WM/Genre", "A"), ("WM/Mood", "m"), ("WM/Genre", "B")))
    ),
    "a genre by another name": with_attributes(
        asf_header.attribute("Genre", "Polka"), asf_header.attribute("WM/Mood", "m")
    ),
    "no attributes": lambda header: replace(
        header, objects=tuple(one for one in header.objects if one.guid != asf_header.ATTRIBUTES)
    ),
    "a count that is too high": lambda header: replace(header, extra=3),
    "a count that is too low": lambda header: replace(header, extra=-2),
    "padding": lambda header: replace(
        header, objects=(*header.objects, Object(asf_header.PADDING, bytes(400)))
    ),
    "bytes behind the attributes": in_extension(
        Object(METADATA, attributes=(of_stream("IsVBR", struct.pack("<H", 1), FLAG),), rest=b"more")
    ),
    "padding in the extension": in_extension(Object(asf_header.PADDING, bytes(400))),
}


def made(path: Path, source: Path, edit: Editing) -> Path:
    path.write_bytes(source.read_bytes())
    with path.open("r+b") as file:
        header = asf_header.read(file)
        replace_span(file, 0, asf_header.size(file), edit(header).render())
    return path


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("genres", [("Dub",), ("Dub Techno " * 50, "Folk")])
def test_odd_headers_are_written(
    structure: str, genres: tuple[str, ...], tmp_path: Path, audio_file: AudioFile
) -> None:
    path = made(tmp_path / "a.wma", audio_file(".wma"), STRUCTURES[structure])
    write_harmlessly(path, *genres)
    wanted = tuple(genre.strip() for genre in genres)
    assert read_tags(path).genres == wanted
    if structure != "a count that is too high":  # such a file mutagen does not read
        assert [str(value) for value in ASF(path)["WM/Genre"]] == list(genres)
    if by_taglib(path):  # nor TagLib one whose count is wrong
        assert by_taglib(path)["genre"] == repr(list(genres))
    assert by_ffmpeg(path)["genre"] in genres
    assert not any("Polka" in value for value in genres_shown(path))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_header_is_what_it_was_cut_from(structure: str, tmp_path: Path, audio_file: AudioFile) -> None:
    path = made(tmp_path / "a.wma", audio_file(".wma"), STRUCTURES[structure])
    with path.open("rb") as file:
        assert path.read_bytes().startswith(asf_header.read(file).render())


def test_a_genre_by_another_name_is_one(tmp_path: Path, audio_file: AudioFile) -> None:
    path = made(tmp_path / "a.wma", audio_file(".wma"), STRUCTURES["a genre by another name"])
    assert (read_tags(path).genres, read_tags(path).stored) == (("Polka",), ())


def test_padding_takes_up_the_growth(tmp_path: Path, audio_file: AudioFile) -> None:
    for structure in ("padding", "padding in the extension"):
        path = made(tmp_path / "a.wma", audio_file(".wma"), STRUCTURES[structure])
        size = path.stat().st_size
        write_genres(path, ["Folk"])
        assert path.stat().st_size == size


def test_the_size_that_it_tells_is_its_own(tmp_path: Path, audio_file: AudioFile) -> None:
    path = made(tmp_path / "a.wma", audio_file(".wma"), STRUCTURES["as it should be"])

    def told() -> int:
        raw = path.read_bytes()
        at = raw.index(asf_header.FILE_PROPERTIES) + 24 + 16
        return int(struct.unpack_from("<Q", raw, at)[0])

    raw = bytearray(path.read_bytes())
    at = raw.index(asf_header.FILE_PROPERTIES) + 24 + 16
    for size in (len(raw), 12_345):
        raw[at : at + 8] = struct.pack("<Q", size)
        path.write_bytes(raw)
        safe_write(path, Change(("Dub Techno " * 30,)))
        assert told() == (12_345 if size == 12_345 else path.stat().st_size)


@pytest.mark.parametrize("damage", [lambda raw: raw[:100], lambda raw: raw[:46] + b"\xff" * 6 + raw[52:]])
def test_damaged_headers_are_refused_in_words(
    damage: Callable[[bytes], bytes], tmp_path: Path, audio_file: AudioFile
) -> None:
    path = tmp_path / "a.wma"
    path.write_bytes(damage(audio_file(".wma").read_bytes()))
    raw = path.read_bytes()
    with pytest.raises(FileFault, match="ASF header"):
        safe_write(path, Change(("Folk",)))
    assert path.read_bytes() == raw


def test_what_has_no_room_in_a_header_is_refused(tmp_path: Path, audio_file: AudioFile) -> None:
    path = made(tmp_path / "a.wma", audio_file(".wma"), STRUCTURES["as it should be"])
    raw = path.read_bytes()
    with pytest.raises(FileFault, match="WM/Genre would be longer than ASF allows"):
        safe_write(path, Change(("x" * 33_000,)))
    assert path.read_bytes() == raw
    one = asf_header.attribute("WM/Mood", "m")
    Object(asf_header.ATTRIBUTES, attributes=(one,) * 65_535).render()
    with pytest.raises(ValueError, match="more attributes than ASF allows"):
        Object(asf_header.ATTRIBUTES, attributes=(one,) * 65_536).render()
