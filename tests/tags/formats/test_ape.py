"""APEv2 tags as odd as they are found: keys, counts, headers and kinds of items."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from mutagen.apev2 import APEv2

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.record import Record, WriteOptions
from audiotag.tags.safewrite.write import safe_write
from tests.tags.dressing import id3v1_block
from tests.tags.readers import by_ffmpeg, by_taglib, write_harmlessly

AudioFile = Callable[..., Path]
HAS_HEADER, IS_HEADER = 1 << 31, 1 << 29
TITLE = (b"Title", b"A title", 0)


def item(key: bytes, value: bytes, flags: int = 0) -> bytes:
    return struct.pack("<2I", len(value), flags) + key + b"\0" + value


def tag(
    *items: tuple[bytes, bytes, int],
    count: int | None = None,
    flags: int = HAS_HEADER,
    version: int = 2000,
    header: bool = True,
) -> bytes:
    body = b"".join(item(*one) for one in items)
    said = (version, len(body) + 32, len(items) if count is None else count)

    def preamble(its_flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<4I", *said, its_flags) + bytes(8)

    return (preamble(flags | IS_HEADER) if header else b"") + body + preamble(flags)


TAGS = {
    "as it should be": tag(TITLE),
    "a key in Latin-1": tag(TITLE, (b"K\xfcnstler", b"Me", 0)),
    "a key in UTF-8": tag(("Жанр".encode(), b"Rock", 0), TITLE),
    "an empty key": tag(TITLE, (b"", b"nothing", 0)),
    "the same key twice": tag(TITLE, (b"COMMENT", b"one", 0), (b"Comment", b"two", 0)),
    "two genres": tag((b"Genre", b"Pop", 0), TITLE, (b"GENRE", b"Rock", 0)),
    "a binary genre": tag((b"Genre", b"\x01\x02", 2), TITLE),
    "flags of later versions": tag((b"Title", b"A title", 0x100), (b"Year", b"1999", 1)),
    "binary that is no text": tag(TITLE, (b"Cover Art (Front)", b"a.png\0\x89PNG\xff\xfe", 2)),
    "a value in Latin-1": tag(TITLE, (b"Artist", b"caf\xe9", 0)),
    "more items than there are": tag(TITLE, count=7),
    "fewer items than there are": tag(TITLE, (b"Artist", b"Me", 0), count=1),
    "no item, it says": tag(TITLE, count=0),
    "a header that is missing": tag(TITLE, header=False),
    "no header": tag(TITLE, flags=0, header=False),
    "a header that it does not tell of": tag(TITLE, flags=0),
    "version 1": tag(TITLE, version=1000, flags=0, header=False),
}


@pytest.mark.parametrize("name", TAGS)
@pytest.mark.parametrize("genre", ["Dub", "Dub Techno of great length, " * 40 + "too"])
def test_odd_tags_are_written(name: str, genre: str, tmp_path: Path, audio_file: AudioFile) -> None:
    path = tmp_path / "a.wv"
    bare = audio_file(".wv").read_bytes().partition(b"APETAGEX")[0]
    path.write_bytes(bare + TAGS[name])
    write_harmlessly(path, genre)
    assert path.read_bytes().startswith(bare)
    assert by_ffmpeg(path)["genre"] == genre
    assert by_taglib(path)["genre"] == repr([genre])
    assert read_tags(path).genres == (genre,)


def test_a_header_that_is_missing_costs_no_sound(tmp_path: Path, audio_file: AudioFile) -> None:
    # 32 bytes in front of the items are audio there, and stay.
    path = tmp_path / "a.mp3"
    bare = audio_file(".mp3").read_bytes()
    path.write_bytes(bare + tag(TITLE, header=False))
    safe_write(path, Change(("Folk",)))
    assert bare[-64:] in path.read_bytes()


def test_what_no_reader_saw_stays_unseen(tmp_path: Path, audio_file: AudioFile) -> None:
    path = tmp_path / "a.wv"
    bare = audio_file(".wv").read_bytes().partition(b"APETAGEX")[0]
    path.write_bytes(bare + TAGS["fewer items than there are"])
    safe_write(path, Change(("Folk",)))
    assert sorted(APEv2(path)) == ["Genre", "Title"]
    assert item(b"Artist", b"Me") in path.read_bytes()


@pytest.mark.parametrize(
    "damaged",
    [
        tag(TITLE).replace(struct.pack("<I", 7), struct.pack("<I", 7000), 1),
        b"APETAGEX" + struct.pack("<4I", 2000, 1 << 30, 1, 0) + bytes(8),
        b"APETAGEX" + struct.pack("<4I", 2000, 8, 1, 0) + bytes(8),
        b"odd" + b"APETAGEX" + struct.pack("<4I", 2000, 35, 1, 0) + bytes(8),
    ],
)
def test_a_tag_that_does_not_add_up_is_refused(damaged: bytes, tmp_path: Path, audio_file: AudioFile) -> None:
    path = tmp_path / "a.wv"
    path.write_bytes(audio_file(".wv").read_bytes().partition(b"APETAGEX")[0] + damaged)
    raw = path.read_bytes()
    with pytest.raises(FileFault, match="its APEv2 tag is damaged"):
        safe_write(path, Change(("Folk",)))
    assert path.read_bytes() == raw


@pytest.mark.parametrize("name", ["", "as it should be", "no item, it says", "a key in Latin-1"])
@pytest.mark.parametrize(("genre", "number"), [("Dub Techno", 255), ("jazz", 8)])
def test_id3v1_behind_it(name: str, genre: str, number: int, tmp_path: Path, audio_file: AudioFile) -> None:
    # Its fields stay to be seen where there was no item yet, and its genre is no other one.
    path = tmp_path / "a.wv"
    bare = audio_file(".wv").read_bytes().partition(b"APETAGEX")[0]
    path.write_bytes(bare + TAGS.get(name, b"") + id3v1_block())
    raw, shown, others = path.read_bytes(), by_taglib(path), by_ffmpeg(path)
    assert read_tags(path).genres == ("Rock",)
    records: list[Record] = []
    safe_write(path, Change((genre,)), WriteOptions(on_commit=records.append))
    assert path.read_bytes()[-128:] == id3v1_block()[:-1] + bytes((number,))
    # FFmpeg does not see the tag in front of ID3v1, which has a number for few genres.
    assert by_ffmpeg(path).get("genre", genre).lower() == genre.lower()
    assert {**by_ffmpeg(path), "genre": ""} == {**others, "genre": ""}
    assert by_taglib(path) == {**shown, "genre": repr([genre])}
    safe_write(path, Change(()), WriteOptions(undo_of=records[0]))
    assert path.read_bytes() == raw
