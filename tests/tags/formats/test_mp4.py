"""MP4 files as cameras, telephones, FFmpeg and stopped downloads leave them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.mp4 import MP4

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats.audiospans import find_sound
from audiotag.tags.formats.mp4_tree import Node, parse
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.tags.dressing import write_genres
from tests.tags.readers import by_ffmpeg, by_taglib, genres_shown, write_harmlessly

AudioFile = Callable[..., Path]
Editing = Callable[[bytes], bytes]


def box(name: bytes, *contents: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, contents)), name) + b"".join(contents)


def data(text: bytes) -> bytes:
    return box(b"data", struct.pack(">II", 1, 0), text)


HANDLER = box(b"hdlr", bytes(8), b"mdirappl", bytes(9))
TITLE = box(b"\xa9nam", data(b"A title"))
ITUNES = box(b"meta", bytes(4), HANDLER, box(b"ilst", TITLE))
OLD_GENRE = box(b"\xa9gen", data(b"Polka"))
# QuickTime's own: no version, names in a list, items by number.
KEYED = box(
    b"meta",
    box(b"hdlr", bytes(8), b"mdta", bytes(12)),
    box(b"keys", struct.pack(">II", 0, 2), box(b"mdta", b"genre"), box(b"mdta", b"make")),
    box(b"ilst", box(struct.pack(">I", 1), data(b"Polka")), box(struct.pack(">I", 2), data(b"a camera"))),
)
TEXT = box(b"\xa9gen", struct.pack(">HH", 5, 0), b"Polka") + box(b"\xa9cmt", struct.pack(">HH", 2, 0), b"hi")


def freeform(name: bytes, text: bytes) -> bytes:
    return box(
        b"----",
        box(b"mean", bytes(4), b"com.apple.iTunes"),
        box(b"name", bytes(4), name),
        data(text),
    )


def remux(source: Path, path: Path, flags: str, **options: str) -> Path:
    """The same sound in another arrangement of FFmpeg's."""
    given_options = {"movflags": flags, **options}
    with av.open(str(source)) as old, av.open(str(path), "w", format="mp4", options=given_options) as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return path


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


# What a file may end with, and what is missing from it.
ENDS: dict[str, Editing] = {
    "an ID3v1 block": lambda whole: whole + b"TAG" + bytes(125),
    "three bytes": lambda whole: whole + b"abc",
    "zeros": lambda whole: whole + bytes(64),
    "anything": lambda whole: whole + b"\xff\xfe\x12\x88junk" * 20,
    "a stopped download": lambda whole: whole[:-4000],
    "an open mdat": lambda whole: whole.replace(
        whole[whole.index(b"mdat") - 4 : whole.index(b"mdat")], bytes(4), 1
    ),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("genre", ["Folk", "A name that is longer than what is free " * 60])
def test_ends_of_files(end: str, genre: str, tmp_path: Path, audio_file: AudioFile) -> None:
    path = remux(audio_file(".m4a"), tmp_path / "a.m4a", "faststart")
    path.write_bytes(ENDS[end](path.read_bytes()))
    write_harmlessly(path, genre)
    assert by_ffmpeg(path)["genre"] == genre


@pytest.mark.parametrize("wide", [False, True])
def test_the_index_of_fragments_moves_along(wide: bool, tmp_path: Path, audio_file: AudioFile) -> None:
    path = remux(audio_file(".m4a"), tmp_path / "a.m4a", "frag_keyframe+empty_moov", frag_duration="300000")
    if wide:
        path.write_bytes(with_wide_index(path.read_bytes()))
    assert index_of(path) == fragments_of(path)
    write_harmlessly(path, "Folk")
    assert index_of(path) == fragments_of(path)


def test_an_index_that_was_wrong_is_let_be(tmp_path: Path, audio_file: AudioFile) -> None:
    # As programs leave it that write tags and forget it: it points into the moov atom.
    path = remux(audio_file(".m4a"), tmp_path / "a.m4a", "frag_keyframe+empty_moov", frag_duration="300000")
    whole = path.read_bytes()
    at = whole.index(b"tfra") + 4 + 16
    width = 8 if whole[at - 16] else 4
    wrong = (whole.index(b"moof") - 4 - 20).to_bytes(width, "big")
    path.write_bytes(whole[: at + width] + wrong + whole[at + 2 * width :])
    write_harmlessly(path, "Folk")


def test_a_segment_index_before_the_moov_atom(tmp_path: Path, audio_file: AudioFile) -> None:
    path = remux(
        audio_file(".m4a"), tmp_path / "a.m4a", "dash+global_sidx+empty_moov", frag_duration="300000"
    )
    whole = path.read_bytes()
    start, moov = whole.index(b"sidx") - 4, whole.index(b"moov") - 4
    end = start + int.from_bytes(whole[start : start + 4], "big")
    sidx = bytearray(whole[start:end])
    width = 8 if sidx[8] else 4
    at = 20 + width
    sidx[at : at + width] = (start - moov).to_bytes(width, "big")
    path.write_bytes(whole[:moov] + sidx + whole[moov:start] + whole[end:])
    write_harmlessly(path, "Folk")
    whole = path.read_bytes()
    first = int.from_bytes(whole[moov + at : moov + at + width], "big")
    assert whole[moov + len(sidx) + first :][4:8] == b"moof"


def test_encrypted_files_keep_what_their_decoder_needs(tmp_path: Path, audio_file: AudioFile) -> None:
    key = "00112233445566778899aabbccddeeff"
    path = remux(
        audio_file(".m4a"),
        tmp_path / "a.m4a",
        "faststart",
        encryption_scheme="cenc-aes-ctr",
        encryption_key=key,
        encryption_kid=key,
    )
    raw = path.read_bytes()

    def auxiliary(whole: bytes) -> bytes:
        at = whole.index(b"saio") + 4
        at += 16 if whole[at + 3] & 1 else 8
        (place,) = struct.unpack_from(">I", whole, at)
        return whole[place : place + 100]

    for edit in (lambda whole: whole, tags_first):
        path.write_bytes(edit(raw))
        before = path.read_bytes()
        safe_write(path, Change(("Folk " * 1000,)))
        assert auxiliary(path.read_bytes()) == auxiliary(before) == auxiliary(raw)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda whole: whole[:-300], "moov atom is cut off"),
        (lambda whole: whole[: whole.rindex(b"moov") - 4], "without its moov atom"),
        (lambda whole: whole[: whole.rindex(b"moov") + 4] + box(b"cmov", b"x"), "cut off|compressed"),
    ],
)
def test_what_is_refused_is_said_in_words(
    damage: Editing, words: str, tmp_path: Path, audio_file: AudioFile
) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(damage(audio_file(".m4a").read_bytes()))
    raw = path.read_bytes()
    with pytest.raises(FileFault, match=words):
        safe_write(path, Change(("Folk",)))
    assert path.read_bytes() == raw


def test_a_compressed_index_is_refused(sound_first: Callable[[Editing], Path]) -> None:
    path = sound_first(lambda moov: moov + box(b"cmov", box(b"dcom", b"zlib")))
    with pytest.raises(FileFault, match="compressed"):
        safe_write(path, Change(("Folk",)))


def test_several_genres(sound_first: Callable[[Editing], Path]) -> None:
    path = sound_first(STRUCTURES["a freeform genre"])
    write_harmlessly(path, "Folk", "Drone")
    assert MP4(path)["\xa9gen"] == ["Folk", "Drone"]
    assert [bytes(value) for value in MP4(path)["----:com.apple.iTunes:GENRE"]] == [b"Folk", b"Drone"]


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


def tags_first(whole: bytes) -> bytes:
    """The same file with udta as the first part of its moov atom; what lies in that moves."""
    start = whole.index(b"moov") - 4
    end = start + int.from_bytes(whole[start : start + 4], "big")
    udta = whole.index(b"udta", start) - 4
    moved = box(b"moov", whole[udta:end], whole[start + 8 : udta])
    at = moved.index(b"saio") + 4
    at += 16 if moved[at + 3] & 1 else 8
    (place,) = struct.unpack_from(">I", moved, at)
    place = struct.pack(">I", place + end - udta)
    return whole[:start] + moved[:at] + place + moved[at + 4 :] + whole[end:]


def fragments_of(path: Path) -> list[int]:
    whole, found = path.read_bytes(), []
    at = whole.find(b"moof")
    while at >= 0:
        found.append(at - 4)
        at = whole.find(b"moof", at + 4)
    return found


def index_of(path: Path) -> list[int]:
    """The places that the fragments' index names."""
    whole = path.read_bytes()
    at = whole.index(b"tfra") + 4
    width = 8 if whole[at] else 4
    sizes, count = struct.unpack_from(">II", whole, at + 8)
    stride = 2 * width + sum((sizes >> bits & 3) + 1 for bits in (0, 2, 4))
    starts = [at + 16 + number * stride + width for number in range(count)]
    return [int.from_bytes(whole[start : start + width], "big") for start in starts]


def with_wide_index(whole: bytes) -> bytes:
    """The other one of its two versions: times and places of 64 bits, or of 32."""
    start = whole.index(b"mfra") - 4
    at = whole.index(b"tfra") + 4
    old, new = (8, 4) if whole[at] else (4, 8)
    sizes, count = struct.unpack_from(">II", whole, at + 8)
    tail = sum((sizes >> bits & 3) + 1 for bits in (0, 2, 4))
    entries = b""
    for number in range(count):
        entry = whole[at + 16 + number * (2 * old + tail) :][: 2 * old + tail]
        numbers = (int.from_bytes(entry[:old], "big"), int.from_bytes(entry[old : 2 * old], "big"))
        entries += b"".join(one.to_bytes(new, "big") for one in numbers) + entry[2 * old :]
    tfra = box(b"tfra", bytes((new == 8, 0, 0, 0)), whole[at + 4 : at + 16], entries)
    return whole[:start] + box(b"mfra", tfra, box(b"mfro", bytes(4), struct.pack(">I", 8 + len(tfra) + 16)))


def test_what_it_sounds_like_is_told_of_cut_files_too(tmp_path: Path, audio_file: AudioFile) -> None:
    path = remux(audio_file(".m4a"), tmp_path / "a.m4a", "faststart")
    path.write_bytes(path.read_bytes()[:-4000])
    with path.open("rb") as file:
        before = find_sound(file).spans
        lengths = [end - start for start, end in before]
    write_genres(path, ["Folk"])
    with path.open("rb") as file:
        after = find_sound(file).spans
    assert [end - start for start, end in after] == lengths


def test_damaged_names_of_a_list_are_let_be(sound_first: Callable[[Editing], Path]) -> None:
    broken = KEYED.replace(box(b"mdta", b"make"), b"\xff\xff\xff\xffmdtamake")
    path = sound_first(lambda moov: moov + broken + box(b"udta", ITUNES))
    safe_write(path, Change(("Folk",)))
    assert broken in path.read_bytes()
    assert by_taglib(path)["genre"] == "['Folk']"


def test_items_that_would_move_are_refused(tmp_path: Path, audio_file: AudioFile) -> None:
    path = remux(audio_file(".m4a"), tmp_path / "a.m4a", "faststart")
    path.write_bytes(path.read_bytes() + box(b"meta", bytes(4), HANDLER, box(b"iloc", bytes(8))))
    with pytest.raises(FileFault, match="iloc"):
        safe_write(path, Change(("Folk",)))
