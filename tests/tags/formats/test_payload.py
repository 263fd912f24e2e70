"""The payload digest: deaf to tags, alert to every byte of the audio."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from audiotag.errors import TagReadError
from audiotag.tags.formats.payload import payload_digest
from tests.helpers.audio_files import CODECS, make_audio, tone
from tests.tags.dressing import apev2_tag, dress, id3v1_block, lyrics3_tag
from tests.tags.handmade import make_handmade

AudioFile = Callable[..., Path]
SUFFIXES = [*CODECS, ".ape", ".mpc", ".spx"]


@pytest.fixture(params=SUFFIXES)
def track(request: pytest.FixtureRequest, tmp_path: Path, audio_file: AudioFile) -> Path:
    path = tmp_path / f"track{request.param}"
    if request.param in (".ape", ".mpc", ".spx"):
        return make_handmade(path)
    return Path(shutil.copyfile(audio_file(request.param), path))


def test_tags_do_not_matter(track: Path) -> None:
    before = payload_digest(track)
    assert len(before) == 32
    dress(track, "full")
    assert payload_digest(track) == before


def test_every_part_of_the_audio_matters(track: Path) -> None:
    before = payload_digest(track)
    data = bytearray(track.read_bytes())
    for place in (0.5, 0.7):
        spot = round(len(data) * place)
        data[spot] ^= 0x10
        track.write_bytes(data)
        assert payload_digest(track) != before
        data[spot] ^= 0x10


def test_other_audio_is_other(tmp_path: Path, audio_file: AudioFile) -> None:
    other = make_audio(tmp_path / "a.mp3", tone(1.0, 44_100, seed=1), 44_100)
    assert payload_digest(other) != payload_digest(audio_file(".mp3"))


def test_tails_do_not_matter(tmp_path: Path, audio_file: AudioFile) -> None:
    path = tmp_path / "a.mp3"
    data = audio_file(".mp3").read_bytes()
    tails = (id3v1_block(), apev2_tag(Title="x"), apev2_tag(Title="x") + lyrics3_tag() + id3v1_block())
    for tail in (*tails, b"LYRICSBEGINla laLYRICSEND" + id3v1_block()):
        path.write_bytes(data + tail)
        assert payload_digest(path) == payload_digest(audio_file(".mp3"))


def test_moved_mp4_offsets_are_noticed(tmp_path: Path, audio_file: AudioFile) -> None:
    path = tmp_path / "a.m4a"
    data = bytearray(audio_file(".m4a").read_bytes())
    at = data.index(b"stco") + 12
    (offset,) = struct.unpack(">I", data[at : at + 4])
    data[at : at + 4] = struct.pack(">I", offset + 4)
    path.write_bytes(data)
    assert payload_digest(path) != payload_digest(audio_file(".m4a"))
    data[at : at + 4] = struct.pack(">I", 3)
    path.write_bytes(data)
    with pytest.raises(TagReadError, match="outside the audio"):
        payload_digest(path)


def test_a_moved_base_of_a_fragment_is_noticed(tmp_path: Path, audio_file: AudioFile) -> None:
    # A fragment whose header says from which byte of the file its audio is counted: the mdat's.
    path = tmp_path / "a.m4a"
    data = audio_file(".m4a").read_bytes()

    def with_base(shift: int) -> bytes:
        header = struct.pack(">I4sIIQ", 24, b"tfhd", 1, 1, data.index(b"mdat") + 4 + shift)
        track = struct.pack(">I4s", 8 + len(header), b"traf") + header
        return data + struct.pack(">I4s", 8 + len(track), b"moof") + track

    digests = []
    for shift in (0, 4):
        path.write_bytes(with_base(shift))
        digests.append(payload_digest(path))
    assert digests[0] != digests[1]
    path.write_bytes(with_base(1 << 40))
    with pytest.raises(TagReadError, match="outside the audio"):
        payload_digest(path)


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".m4a", ".flac", ".wma"])
def test_damaged_structures_are_named(suffix: str, tmp_path: Path, audio_file: AudioFile) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(audio_file(suffix).read_bytes()[:40])
    with pytest.raises(TagReadError, match=path.name):
        payload_digest(path)
