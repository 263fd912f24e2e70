"""A container is declared once and in full: each has every part, and each part does its work."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from pathlib import Path

import pytest

from audiotag.errors import TagReadError
from audiotag.tags.change import Change
from audiotag.tags.formats.container import Container, Sound
from audiotag.tags.formats.containers import CONTAINERS, SUFFIXES, identify, recognise
from audiotag.tags.formats.payload import payload_digest, sound_digest
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.read import read_tags
from audiotag.tags.formats.snapshot import snapshot_others
from audiotag.tags.safewrite.write import safe_write
from tests.tags.dressing import apev2_tag
from tests.tags.handmade import make_dsf, make_handmade

AudioFile = Callable[..., Path]
NAMES = list(CONTAINERS)
# What a container may leave out, and stays complete.
OPTIONAL = {"is_one", "alone", "hash_sound", "places", "id3_tag", "inherited_genres"}
PARTS = [field.name for field in fields(Container)]
# Suffix and codec of a file of each that is made by an encoder.
ENCODED = {
    "mp3": (".mp3", None),
    "wav": (".wav", None),
    "aiff": (".aiff", None),
    "mp4": (".m4a", None),
    "flac": (".flac", None),
    "vorbis": (".ogg", None),
    "opus": (".opus", None),
    "oggflac": (".oga", "flac"),
    "tta": (".tta", None),
    "wavpack": (".wv", None),
    "asf": (".wma", None),
}
HANDMADE = {"speex": ".spx", "ape": ".ape", "musepack": ".mpc"}
ID3 = b"ID3\3\0\0\0\0\0\x14" + bytes(20)


def make(name: str, folder: Path, audio_file: AudioFile) -> Path:
    """A file of this container."""
    if name == "dsf":
        return make_dsf(folder / "a.dsf")
    if name in HANDMADE:
        return make_handmade(folder / f"a{HANDMADE[name]}")
    suffix, codec = ENCODED["tta" if name == "tta-apev2" else name]
    path = Path(shutil.copy(audio_file(suffix, codec), folder))
    if name == "tta-apev2":
        path.write_bytes(path.read_bytes().partition(b"APETAGEX")[0] + apev2_tag(Title="T"))
    if name == "tta":
        path.write_bytes(path.read_bytes().partition(b"APETAGEX")[0])
    return path


@pytest.fixture(params=NAMES)
def track(request: pytest.FixtureRequest, tmp_path: Path, audio_file: AudioFile) -> Path:
    return make(request.param, tmp_path, audio_file)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", NAMES)
def test_no_container_lacks_a_part(name: str, part: str) -> None:
    container = CONTAINERS[name]
    value = getattr(container, part)
    if part == "suffixes":
        family = [other for other in CONTAINERS.values() if other.find_sound is container.find_sound]
        suffixes = value or [suffix for other in family for suffix in other.suffixes]
        assert suffixes, "no walk would ever find a file of it"
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in value)
    elif part in ("name", "keys"):
        assert value
    elif part not in OPTIONAL:
        assert callable(value)


def test_only_what_has_a_meaning_by_default_may_be_left_out() -> None:
    assert {field.name for field in fields(Container) if field.default is not MISSING} == OPTIONAL


@pytest.mark.parametrize("part", [part for part in PARTS if part not in OPTIONAL])
def test_a_declaration_without_a_part_is_none(part: str) -> None:
    parts = {name: getattr(CONTAINERS["flac"], name) for name in PARTS if name != part}
    with pytest.raises(TypeError, match=part):
        Container(**parts)


def test_a_file_of_each_is_recognised(track: Path, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["track"]
    with track.open("rb") as file:
        assert identify(file).name == name
        assert CONTAINERS[name] in recognise(file)
    assert read_tags(track).container == name


def test_each_is_written_and_nothing_else_changes(track: Path) -> None:
    payload, sound, others = payload_digest(track), sound_digest(track), snapshot_others(track)
    safe_write(track, Change(("Hip-Hop", "Ünïcode ♫")))
    assert read_tags(track).genres == ("Hip-Hop", "Ünïcode ♫")
    assert (payload_digest(track), sound_digest(track)) == (payload, sound)
    # A tag that was made for the genre has a head of its own.
    assert set(others) <= set(snapshot_others(track))


def test_each_finds_its_sound(track: Path) -> None:
    with track.open("rb") as file:
        container = identify(file)
        sound = container.find_sound(file, 0)
        assert isinstance(sound, Sound)
        assert sound.spans
        size = track.stat().st_size
        assert all(0 <= start < end <= size for start, end in sound.spans)
        assert all(isinstance(place, Place) for place in container.places(file))


def test_each_hashes_bytes_of_its_sound(track: Path) -> None:
    with track.open("rb") as file:
        container = identify(file)
        start, end = container.find_sound(file, 0).spans[0]
        data = bytearray(track.read_bytes())
    data[(start + end) // 2] ^= 1
    for hash_it in filter(None, (container.hash_payload, container.hash_sound)):
        digests = set()
        for content in (track.read_bytes(), bytes(data)):
            other = track.with_name("other")
            other.write_bytes(content)
            digest = hashlib.sha256()
            with other.open("rb") as file:
                hash_it(file, digest)
            digests.add(digest.digest())
        assert len(digests) == 2


@pytest.mark.parametrize("name", [name for name in NAMES if CONTAINERS[name].alone])
def test_what_stands_alone_is_refused_behind_an_id3_tag(
    name: str, tmp_path: Path, audio_file: AudioFile
) -> None:
    path = make(name, tmp_path, audio_file)
    path.write_bytes(ID3 + path.read_bytes())
    with pytest.raises(TagReadError, match=f"{CONTAINERS[name].alone} behind an ID3 tag: not tagged"):
        read_tags(path)


def test_those_that_begin_alike_find_their_sound_alike(track: Path) -> None:
    """Which of them it is takes a closer look, which a fingerprint does without."""
    with track.open("rb") as file:
        found = {container.find_sound(file, 0) for container in recognise(file)}
    assert len(found) == 1


def test_the_walk_knows_every_suffix_and_none_is_declared_twice() -> None:
    declared = [os.fsencode(suffix) for container in CONTAINERS.values() for suffix in container.suffixes]
    assert sorted(SUFFIXES) == sorted(declared)
    contract = ".mp3 .flac .ogg .opus .m4a .mp4 .wma .wav .wave .aiff .ape .wv .mpc .mp+ .mpp .tta .dsf"
    assert set(map(os.fsencode, contract.split())) <= SUFFIXES


def test_a_declaration_cannot_be_changed_by_accident() -> None:
    flac = CONTAINERS["flac"]
    assert replace(flac, alone="FLAC") != flac
    with pytest.raises(AttributeError):
        flac.alone = "FLAC"  # type: ignore[misc]
