"""FLAC: comments, and the ID3 tags that some programs put around the stream."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from mutagen import id3 as mutagen_id3

from audiotag.errors import TagReadError, TagWriteError
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from tests.tags.dressing import put_back, write_change
from tests.tags.shown import by_taglib, checked_write, genres_by_all

AudioFile = Callable[..., Path]


@pytest.fixture
def parts(audio_file: AudioFile) -> tuple[bytes, bytes]:
    """The stream information's content, and the audio frames."""
    data = audio_file(".flac").read_bytes()
    position, is_last = 4, False
    while not is_last:
        is_last = bool(data[position] & 0x80)
        position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
    return data[8:42], data[position:]


def comments(*texts: str) -> bytes:
    out = struct.pack("<I", 1) + b"x" + struct.pack("<I", len(texts))
    return out + b"".join(struct.pack("<I", len(t.encode())) + t.encode() for t in texts)


def flac(parts: tuple[bytes, bytes], *blocks: bytes) -> bytes:
    """A stream with these comment blocks."""
    typed = [(0, parts[0]), *((4, block) for block in blocks)]
    out = b"fLaC"
    for i, (kind, block) in enumerate(typed):
        last = 0x80 if i == len(typed) - 1 else 0
        out += bytes((kind | last,)) + len(block).to_bytes(3, "big") + block
    return out + parts[1]


def v2(version: int = 3, **texts: str) -> bytes:
    tag, out = mutagen_id3.ID3(), BytesIO()
    for name, text in texts.items():
        tag.add(getattr(mutagen_id3, name)(encoding=1, text=[text]))
    tag.add(mutagen_id3.TXXX(encoding=1, desc="MusicBrainz Album Id", text=["an-id"]))
    tag.add(mutagen_id3.COMM(encoding=1, lang="eng", desc="", text=["hi"]))
    tag.save(out, v2_version=version)
    return out.getvalue()


NAMES = {"TIT2": "A title", "TPE1": "Ärtist", "TALB": "Album", "TRCK": "3/9", "TPUB": "Label", "TSSE": "Prog"}
V1 = b"TAG" + b"Old title".ljust(30, b"\0") + b"Old artist".ljust(30, b"\0") + bytes(30) + b"1999"
V1 += b"my comment".ljust(28, b"\0") + b"\0\5\x11"
STRUCTURES: dict[str, tuple[bytes, tuple[bytes, ...], bytes]] = {
    "ID3v2 in front, no comments": (v2(**NAMES), (), b""),
    "ID3v2 with a genre in front, no comments": (v2(4, **NAMES, TCON="Pop"), (), b""),
    "ID3v2 in front, empty comments": (v2(**NAMES), (comments(),), b""),
    "ID3v2 in front, and comments": (v2(**NAMES, TCON="Pop"), (comments("TITLE=A", "GENRE=Folk"),), b""),
    "ID3v1 behind, no comments": (b"", (), V1),
    "ID3v1 behind, and comments": (b"", (comments("TITLE=A title"),), V1),
    "ID3v2 in front, ID3v1 behind": (v2(**NAMES), (), V1),
    "two comment blocks": (b"", (comments("TITLE=A", "GENRE=Folk"), comments("ARTIST=B", "GENRE=Pop")), b""),
}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_all_readers_see_the_genre_and_what_they_saw_before(
    structure: str, parts: tuple[bytes, bytes], tmp_path: Path
) -> None:
    front, blocks, behind = STRUCTURES[structure]
    path = tmp_path / "a.flac"
    path.write_bytes(front + flac(parts, *blocks) + behind)
    before = read_tags(path)
    checked_write(path, "Jazz")
    assert genres_by_all(path) == ("Jazz", "Jazz", "Jazz")
    tags = read_tags(path)
    assert (tags.artist, tags.album, tags.title) == (before.artist, before.album, before.title)
    assert not {"Pop", "Folk"} & {genre for genres in tags.elsewhere.values() for genre in genres}
    put_back(path, before)
    assert read_tags(path) == before


def test_a_genre_around_the_stream_counts(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(v2(TCON="Pop") + flac(parts, comments("TITLE=A")))
    assert (read_tags(path).genres, read_tags(path).stored) == (("Pop",), ())
    write_change(path, Change(("Jazz", "Folk")))
    assert by_taglib(path)["GENRE"] == ["Jazz", "Folk"]
    assert read_tags(path).elsewhere == {"genre in ID3v2": ("Jazz/Folk",)}


def test_comments_repeat_people_and_identifiers_too(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    tag, out = mutagen_id3.ID3(), BytesIO()
    tag.add(mutagen_id3.UFID(owner="http://musicbrainz.org", data=b"an-id"))
    tag.add(mutagen_id3.TIPL(encoding=3, people=[["producer", "Pat"], ["=", "no name of a comment"]]))
    tag.add(mutagen_id3.TMCL(encoding=3, people=[["guitar", "Gus"]]))
    tag.save(out)
    path = tmp_path / "a.flac"
    path.write_bytes(out.getvalue() + flac(parts))
    before = by_taglib(path)
    write_change(path, Change(("Jazz",)))
    added = {"GENRE", "MUSICBRAINZ_TRACKID", "PRODUCER", "PERFORMER:GUITAR"}
    assert set(by_taglib(path)) == added
    assert {name: by_taglib(path)[name] for name in before} == before


def test_two_id3_tags_in_front(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.flac"  # which mutagen does not open
    path.write_bytes(v2(**NAMES) + v2(4, TCON="Pop") + flac(parts))
    checked_write(path, "Jazz")
    assert (by_taglib(path)["GENRE"], read_tags(path).elsewhere) == (
        ["Jazz"],
        {"genre in ID3v2 (2)": ("Jazz",)},
    )


def test_a_file_that_is_cut_off_is_called_so(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(flac(parts, comments("TITLE=" + "A" * 500))[:300])
    with pytest.raises(TagReadError, match="cut off within its FLAC blocks"):
        read_tags(path)
    path.write_bytes(flac(parts, comments("TITLE=A")[:-1]))
    with pytest.raises(TagReadError, match="its Vorbis comments are damaged"):
        read_tags(path)


def test_what_is_no_flac_stream_is_refused_in_words(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    info = b"\0\0\0\x22" + parts[0]
    block = b"\x84" + len(comments("TITLE=A")).to_bytes(3, "big") + comments("TITLE=A")
    path.write_bytes(b"fLaC" + b"\4" + block[1:] + b"\x80" + info[1:] + parts[1])
    with pytest.raises(TagReadError, match="its first FLAC block is not the stream information"):
        read_tags(path)
    path.write_bytes(b"fLaC" + info + block + parts[1])
    with pytest.raises(TagWriteError, match="a FLAC block would be larger than the format allows"):
        write_change(path, Change(("x" * (1 << 24),)))
