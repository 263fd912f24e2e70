"""MP4: what says where the sound lies moves along with it, in whole files and in stopped downloads."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats.audiospans import find_sound
from audiotag.tags.safewrite.write import safe_write
from tests.corpus.mp4_atoms import box
from tests.tags.dressing import write_genres
from tests.tags.mp4_files import HANDLER, fragments_of, index_of, remux, tags_first, with_wide_index
from tests.tags.readers import by_ffmpeg, write_harmlessly

AudioFile = Callable[..., Path]
Editing = Callable[[bytes], bytes]


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


def test_items_that_would_move_are_refused(tmp_path: Path, audio_file: AudioFile) -> None:
    path = remux(audio_file(".m4a"), tmp_path / "a.m4a", "faststart")
    path.write_bytes(path.read_bytes() + box(b"meta", bytes(4), HANDLER, box(b"iloc", bytes(8))))
    with pytest.raises(FileFault, match="iloc"):
        safe_write(path, Change(("Folk",)))
