"""MP4: wherever cameras, telephones and FFmpeg put a genre, one comes out, and nothing else changes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.mp4 import MP4

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats.mp4_tree import Node, parse
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.corpus.mp4_atoms import box, data_of
from tests.tags.mp4_files import HANDLER
from tests.tags.readers import by_ffmpeg, by_taglib, genres_shown, write_harmlessly

AudioFile = Callable[..., Path]
Editing = Callable[[bytes], bytes]

TITLE = box(b"\xa9nam", data_of(b"A title"))
ITUNES = box(b"meta", bytes(4), HANDLER, box(b"ilst", TITLE))
OLD_GENRE = box(b"\xa9gen", data_of(b"Polka"))
# QuickTime's own: no version, names in a list, items by number.
KEYED = box(
    b"meta",
    box(b"hdlr", bytes(8), b"mdta", bytes(12)),
    box(b"keys", struct.pack(">II", 0, 2), box(b"mdta", b"genre"), box(b"mdta", b"make")),
    box(
        b"ilst", box(struct.pack(">I", 1), data_of(b"Polka")), box(struct.pack(">I", 2), data_of(b"a camera"))
    ),
)
TEXT = box(b"\xa9gen", struct.pack(">HH", 5, 0), b"Polka") + box(b"\xa9cmt", struct.pack(">HH", 2, 0), b"hi")


def freeform(name: bytes, text: bytes) -> bytes:
    return box(
        b"----",
        box(b"mean", bytes(4), b"com.apple.iTunes"),
        box(b"name", bytes(4), name),
        data_of(text),
    )


@pytest.fixture
def sound_first(tmp_path: Path, audio_file: AudioFile) -> Callable[[Editing], Path]:
    """A file whose moov atom is last, with what the function makes of that atom's content."""

    def make(edit: Editing) -> Path:
        whole = audio_file(".m4a").read_bytes()
        start = whole.rindex(b"moov") - 4
        content = whole[start + 8 :]
        content = content[: content.rindex(b"udta") - 4]  # FFmpeg's own tags
        path = tmp_path / "a.m4a"
        path.write_bytes(whole[:start] + box(b"moov", edit(content)))
        return path

    return make


def in_track(content: bytes, more: bytes) -> bytes:
    """The moov atom's content with `more` at the end of its track."""
    start = content.index(b"trak") - 4
    end = start + int.from_bytes(content[start : start + 4], "big")
    return content[:start] + box(b"trak", content[start + 8 : end], more) + content[end:]


STRUCTURES: dict[str, Editing] = {
    "no tags": lambda moov: moov,
    "meta in moov": lambda moov: moov + KEYED + box(b"udta", ITUNES),
    "meta in trak": lambda moov: in_track(moov, KEYED) + box(b"udta", ITUNES),
    "meta without version in udta": lambda moov: (
        moov + box(b"udta", box(b"meta", HANDLER, box(b"ilst", TITLE)))
    ),
    "meta of names in udta": lambda moov: moov + box(b"udta", KEYED),
    "meta without hdlr": lambda moov: moov + box(b"udta", box(b"meta", bytes(4), box(b"ilst", TITLE))),
    "udta ends in a zero": lambda moov: moov + box(b"udta", ITUNES, bytes(4)),
    "udta ends in two zeros": lambda moov: moov + box(b"udta", ITUNES, bytes(8)),
    "user data of QuickTime": lambda moov: moov + box(b"udta", TEXT, bytes(4)),
    "user data and a list": lambda moov: moov + box(b"udta", TEXT, ITUNES),
    "user data of a track": lambda moov: in_track(moov, box(b"udta", TEXT)) + box(b"udta", ITUNES),
    "two udta": lambda moov: (
        moov + box(b"udta", ITUNES) + box(b"udta", box(b"meta", bytes(4), HANDLER, box(b"ilst", OLD_GENRE)))
    ),
    "two meta": lambda moov: (
        moov + box(b"udta", ITUNES, box(b"meta", bytes(4), HANDLER, box(b"ilst", OLD_GENRE)))
    ),
    "two ilst": lambda moov: (
        moov
        + box(b"udta", box(b"meta", bytes(4), HANDLER, box(b"ilst", TITLE), box(b"ilst", TITLE, OLD_GENRE)))
    ),
    "a freeform genre": lambda moov: (
        moov
        + box(
            b"udta",
            box(b"meta", bytes(4), HANDLER, box(b"ilst", TITLE, OLD_GENRE, freeform(b"GENRE", b"Polka"))),
        )
    ),
    "atoms of 64 bits": lambda moov: moov + struct.pack(">I4sQ", 1, b"udta", 16 + len(ITUNES)) + ITUNES,
    "a meta that is none": lambda moov: moov + box(b"meta", b"what is this?") + box(b"udta", ITUNES),
}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_one_genre_wherever_a_reader_looks(structure: str, sound_first: Callable[[Editing], Path]) -> None:
    path = sound_first(STRUCTURES[structure])
    write_harmlessly(path, "Dub Techno")
    assert read_tags(path).genres == ("Dub Techno",)
    assert genres_shown(path) <= {"Dub Techno", "['Dub Techno']"}
    if structure != "meta without hdlr":  # FFmpeg shows no tag of such a file
        assert by_ffmpeg(path)["genre"] == "Dub Techno"


@pytest.mark.parametrize(
    "structure", ["meta of names in udta", "user data of QuickTime", "two udta", "user data of a track"]
)
def test_a_genre_outside_the_list_of_tags_is_one(
    structure: str, sound_first: Callable[[Editing], Path]
) -> None:
    tags = read_tags(sound_first(STRUCTURES[structure]))
    assert (tags.genres, tags.stored) == (("Polka",), ())


def test_a_genre_of_telephones(sound_first: Callable[[Editing], Path]) -> None:
    old = box(b"gnre", bytes(4), b"\x15\xc7", b"Polka\0")
    path = sound_first(lambda moov: moov + box(b"udta", old))
    assert read_tags(path).genres == ("Polka",)
    write_harmlessly(path, "Folk")
    assert old.replace(b"Polka", b"Folk").replace(b"\0\0\0\x14", b"\0\0\0\x13") in path.read_bytes()


def test_several_genres(sound_first: Callable[[Editing], Path]) -> None:
    path = sound_first(STRUCTURES["a freeform genre"])
    write_harmlessly(path, "Folk", "Drone")
    assert MP4(path)["\xa9gen"] == ["Folk", "Drone"]
    assert [bytes(value) for value in MP4(path)["----:com.apple.iTunes:GENRE"]] == [b"Folk", b"Drone"]


def test_damaged_names_of_a_list_are_let_be(sound_first: Callable[[Editing], Path]) -> None:
    broken = KEYED.replace(box(b"mdta", b"make"), b"\xff\xff\xff\xffmdtamake")
    path = sound_first(lambda moov: moov + broken + box(b"udta", ITUNES))
    safe_write(path, Change(("Folk",)))
    assert broken in path.read_bytes()
    assert by_taglib(path)["genre"] == "['Folk']"


def test_a_compressed_index_is_refused(sound_first: Callable[[Editing], Path]) -> None:
    path = sound_first(lambda moov: moov + box(b"cmov", box(b"dcom", b"zlib")))
    with pytest.raises(FileFault, match="compressed"):
        safe_write(path, Change(("Folk",)))


def test_a_moov_atom_that_goes_on_to_the_end_of_the_file(sound_first: Callable[[Editing], Path]) -> None:
    path = sound_first(STRUCTURES["user data and a list"])
    whole = path.read_bytes()
    at = whole.rindex(b"moov") - 4
    path.write_bytes(whole[:at] + bytes(4) + whole[at + 4 :])
    write_harmlessly(path, "Folk")
    assert path.read_bytes()[at : at + 8] == bytes(4) + b"moov"
    assert read_tags(path).genres == ("Folk",)


@given(st.recursive(st.binary(max_size=20), lambda inner: st.lists(inner, max_size=3), max_leaves=8))
def test_a_tree_is_what_it_was_cut_from(shape: object) -> None:
    def made(part: object, depth: int) -> bytes:
        names = (b"moov", b"udta", b"meta", b"ilst", b"\xa9gen", b"data")
        inner = part if isinstance(part, bytes) else b"".join(made(one, depth + 1) for one in part)  # type: ignore[attr-defined]
        return box(names[min(depth, 5)], inner)

    whole = made(shape, 0)
    tree = parse(whole)
    assert isinstance(tree, Node)
    assert tree.render() == whole
