"""Whether a file has the sound that a write noted: by a few reads, and by all of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from mutagen.mp4 import MP4

from audiotag.errors import TagWriteError
from audiotag.library.fingerprint import fingerprint_of
from audiotag.tags.change import Change
from audiotag.tags.formats.audiospans import find_sound
from audiotag.tags.formats.payload import payload_digest, sound_digest
from audiotag.tags.formats.read import open_regular
from audiotag.tags.formats.sound import common_fingerprint, fingerprint, is_same_sound
from audiotag.tags.safewrite.record import Record, WriteOptions
from audiotag.tags.safewrite.write import safe_write
from tests.helpers.audio_files import make_audio, tone

AudioFile = Callable[..., Path]


def noted(path: Path) -> Record:
    """What a write of Rock notes of a file."""
    result = safe_write(path, Change(("Rock",)), WriteOptions(on_commit=lambda _record: None))
    assert result.record is not None
    return result.record


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".m4a", ".wav", ".aiff", ".wma", ".wv"])
def test_a_write_notes_the_sound_of_before_and_after(
    suffix: str, tmp_path: Path, audio_file: AudioFile
) -> None:
    path = Path(shutil.copyfile(audio_file(suffix), tmp_path / f"a{suffix}"))
    before = fingerprint(path), sound_digest(path)
    record = noted(path)
    assert (record.sound, record.payload) == before == (fingerprint(path), sound_digest(path))
    assert is_same_sound(path, record.sound, record.payload)
    assert is_same_sound(path, record.sound, None)
    assert is_same_sound(path, None, record.payload)
    assert not is_same_sound(path, None, None)
    other = make_audio(tmp_path / f"b{suffix}", tone(1.0, 44_100, seed=9), 44_100)
    assert not is_same_sound(other, record.sound, record.payload)


def test_a_flac_that_was_packed_anew_is_the_same_sound(tmp_path: Path) -> None:
    """Its frames are others, the MD5 of its samples is the same."""
    path = make_audio(tmp_path / "a.flac", tone(1.0, 44_100), 44_100)
    record = noted(path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # in the last frame
    path.write_bytes(data)
    assert payload_digest(path) != record.payload
    assert is_same_sound(path, record.sound, record.payload)


@pytest.mark.parametrize("flags", ["", "+default_base_moof", "+dash"])
def test_an_mp4_whose_fragments_another_program_left_behind_is_the_same_sound(
    flags: str, tmp_path: Path
) -> None:
    """A longer title in front of them moves the fragments, and the places in them point elsewhere."""
    source, path = make_audio(tmp_path / "a.m4a", tone(2.0, 44_100), 44_100), tmp_path / "b.m4a"
    options = {"movflags": "frag_keyframe+empty_moov" + flags, "frag_duration": "500000"}
    with av.open(str(source)) as old, av.open(str(path), "w", format="mp4", options=options) as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    record = noted(path)
    audio = MP4(path)
    audio["\xa9nam"] = ["A longer title " * 300]
    audio.save()
    assert is_same_sound(path, record.sound, record.payload)


def test_damage_that_hides_the_sound_leaves_no_fingerprint(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"RIFF\xff\xff\xff\x7fWAVEjunk\xff\xff\xff\x7f")
    with open_regular(tmp_path / "a") as one, open_regular(tmp_path / "b") as other:
        assert common_fingerprint(tmp_path / "a", one, other) is None


UNFINDABLE = {
    "FLAC blocks without an end": b"fLaC" + b"\x01\0\0\4abcd" * 1_001 + b"\x81\0\0\0",
    "FLAC without stream information": b"fLaC\x84\0\0\4abcd" + b"\xff\xf8" * 40,
    "MP4 without sound": b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\0\x08moov",
    "Ogg that ends after a page": b"OggS\0\2" + bytes(20) + b"\1\4abcd" + b"no page" * 20,
    "Ogg headers without end": (b"OggS\0\0" + bytes(20) + b"\1\4abcd") * 2_001,
    "DSF of no chunks": b"DSD " + bytes(60),
}


@pytest.mark.parametrize("name", UNFINDABLE)
def test_a_file_whose_sound_is_not_found_is_known_by_all_of_its_bytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(UNFINDABLE[name])
    with path.open("rb") as file:
        with pytest.raises(ValueError, match=r"FLAC|MP4|Ogg|DSF"):
            find_sound(file)
        whole = fingerprint_of(file, "file", [(0, len(UNFINDABLE[name]))])
    assert fingerprint(path) == whole
    assert fingerprint(tmp_path / "gone") is None


def test_the_sound_of_another_recording_does_not_come_back(tmp_path: Path) -> None:
    """An undo of a write finds another file in the place of the one that was written."""
    path, other = (make_audio(tmp_path / f"{n}.mp3", tone(1.0, 44_100, seed=n), 44_100) for n in (1, 2))
    record = noted(path)
    raw = other.read_bytes()
    with pytest.raises(TagWriteError, match="another recording lies there now"):
        safe_write(other, Change(("Folk",)), WriteOptions(undo_of=record))
    assert other.read_bytes() == raw
