"""What a file is: the container's own magic first, and mp3 only where it is nothing else."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import av
import pytest

from audiotag.errors import TagReadError
from audiotag.tags.change import Change
from audiotag.tags.formats import asf_header, magic, mpeg
from audiotag.tags.formats.audiospans import find_sound
from audiotag.tags.formats.containers import identify, recognise
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.tags.handmade import noise

AudioFile = Callable[..., Path]

ID3 = b"ID3\3\0\0\0\0\0\x14" + bytes(20)


@pytest.fixture
def frames(audio_file: AudioFile) -> bytes:
    """MPEG frames back to back, as they stand in many containers."""
    data = audio_file(".mp3").read_bytes()
    return data[data.index(b"\xff\xfb") :]


def transport(sound: bytes, lead: int) -> bytes:
    """Packets of 188 bytes, each behind `lead` more."""
    parts = (sound[at : at + 184].ljust(184, b"\xff") for at in range(0, len(sound), 184))
    return b"".join(bytes(lead) + b"G\0\0\x10" + part for part in parts)


# Of one kind in either order of bytes, so the names are not enough.
HEADS = [
    ("RF64", b"RF64\xff\xff\xff\xffWAVEds64"),
    ("BW64", b"BW64\xff\xff\xff\xffWAVEds64"),
    ("RIFX", b"RIFX\0\0\x10\0WAVEfmt "),
    ("Wave64", b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"),
    ("CAF", b"caff\0\1\0\0desc"),
    ("AVI", b"RIFF\0\x10\0\0AVI LIST"),
    ("IFF (8SVX)", b"FORM\0\0\x10\x008SVXVHDR"),
    ("Matroska", b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska"),
    ("WebM", b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm"),
    ("MPEG program stream", b"\0\0\1\xba\x44\0\4\0"),
    ("Flash video", b"FLV\1\5\0\0\0\x09"),
    ("RealMedia", b".RMF\0\0\0\x12"),
    ("AU", b".snd\0\0\0\x18"),
    ("VOC", b"Creative Messages File\x1a"),
    ("AMR", b"#!AMR\n"),
    ("AC-3", b"\x0b\x77\x12\x34\x1c\x40\x43"),
    ("AC-3", b"\x77\x0b\x34\x12\x40\x1c\x43"),
    ("MLP or TrueHD", b"\0\x10\0\0\xf8\x72\x6f\xba"),
    ("a BMP image", b"BM\0\x10\0\0\0\0\0\0\x36"),
    ("DTS", b"\x7f\xfe\x80\x01\xfc\x3c"),
    ("MIDI", b"MThd\0\0\0\6"),
    ("a PNG image", b"\x89PNG\r\n\x1a\n"),
    ("a ZIP archive", b"PK\3\4\x14\0"),
    ("a PDF document", b"%PDF-1.7\n"),
    ("DSDIFF", b"FRM8\0\0\0\0\0\x10\0\0DSD "),
    ("Shorten", b"ajkg\2"),
    ("OptimFROG", b"OFR \x0c\0\0\0"),
    ("LA", b"LA04"),
    ("MXF", b"\x06\x0e\x2b\x34\2\5\1\1"),
    ("SMAF", b"MMMD\0\0\x10\0CNTI\0\0\0\5"),
]


@pytest.mark.parametrize("in_front", [b"", ID3], ids=["bare", "behind an ID3 tag"])
@pytest.mark.parametrize(("name", "head"), HEADS)
def test_no_tag_is_put_in_front_of_another_container(
    name: str, head: bytes, in_front: bytes, frames: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(in_front + head + frames)
    before = path.read_bytes()
    with pytest.raises(TagReadError) as caught:
        safe_write(path, Change(("Rock",)))
    assert str(caught.value) == f"{path}: {name}: not tagged"
    assert path.read_bytes() == before
    with path.open("rb") as file:  # what is decoded of it is known again all the same
        assert find_sound(file).spans == ((len(in_front), len(before)),)


@pytest.mark.parametrize("lead", [0, 4])
@pytest.mark.parametrize("cut", [0, 77])
def test_transport_streams_wherever_they_begin(lead: int, cut: int, frames: bytes) -> None:
    with pytest.raises(magic.NotTaggedError, match="MPEG transport stream"):
        recognise(BytesIO(transport(frames, lead)[cut:]))


def test_aac_that_stands_by_itself(tmp_path: Path, audio_file: AudioFile) -> None:
    path = tmp_path / "a.aac"
    with av.open(str(audio_file(".m4a"))) as old, av.open(str(path), "w", format="adts") as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    for front in (b"", ID3):
        with pytest.raises(magic.NotTaggedError, match=r"AAC \(ADTS\)"):
            recognise(BytesIO(front + path.read_bytes()))
    loas = b"".join(b"\x56\xe0\x20" + noise(32) for _ in range(20))
    with pytest.raises(magic.NotTaggedError, match=r"AAC \(LATM\)"):
        recognise(BytesIO(loas))


ATOMS = ["free", "wide", "skip", "moov", "mdat", "pnot", "styp", "uuid", "sidx", "moof", "ftyp"]


@pytest.mark.parametrize("name", ATOMS)
@pytest.mark.parametrize("size", [8, 1, 0])
def test_an_mp4_may_begin_with_many_atoms(name: str, size: int, frames: bytes) -> None:
    head = struct.pack(">I", size) + name.encode() + (struct.pack(">Q", 16) if size == 1 else b"")
    assert identify(BytesIO(head + frames)).name == "mp4"


@pytest.mark.parametrize(
    ("stray", "foreign"),
    [
        (b"\0junk" + struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + bytes(8) + b"\0\0\x10\0mdat", "MP4"),
        (b"\0junkfLaC\0\0\0\x22" + bytes(34), "FLAC"),
        (b"\0junk" + asf_header.HEADER + bytes(40), "ASF"),
        (b"\0junkRIFF\0\x10\0\0WAVEfmt ", "RIFF"),
        (b"\0junkOggS\0\2" + bytes(30), "Ogg"),
    ],
)
def test_another_container_behind_stray_bytes(
    stray: bytes, foreign: str, frames: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(stray + frames)
    with pytest.raises(TagReadError, match=f"{foreign} behind stray bytes: not tagged"):
        read_tags(path)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("lacks", ["nothing", "its mark", "the head"])
def test_a_head_that_says_how_long_it_is(lacks: str, order: str, frames: bytes, tmp_path: Path) -> None:
    """No magic that is known, but a length that is right: bytes put in front would make it wrong."""
    length = {"nothing": 24, "its mark": 16, "the head": 0}[lacks] + len(frames)
    data = b"XYZW\0\0\1\0" + struct.pack(f"{order}I", length) + bytes(12) + frames
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    with pytest.raises(TagReadError, match="a container of another kind: not tagged"):
        read_tags(path)
    path.write_bytes(data + bytes(100_000))
    assert read_tags(path).container == "mp3"


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".wma", ".m4a"])
def test_containers_that_no_id3_tag_may_precede(suffix: str, audio_file: AudioFile) -> None:
    with pytest.raises(magic.NotTaggedError, match="behind an ID3 tag"):
        identify(BytesIO(ID3 + audio_file(suffix).read_bytes()))


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".tta", ".wv"])
def test_both_sides_agree_behind_several_id3_tags(suffix: str, audio_file: AudioFile, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(audio_file(suffix).read_bytes())
    with path.open("rb") as file:
        kind, sound = recognise(file), find_sound(file)
    path.write_bytes(ID3 + ID3 + audio_file(suffix).read_bytes())
    with path.open("rb") as file:
        assert (recognise(file), find_sound(file).kind, find_sound(file).own) == (
            kind,
            sound.kind,
            sound.own,
        )


@pytest.mark.parametrize("stray", [b"\0", b"\n", bytes(5_000), b"RUBBISH!" * 40])
def test_stray_bytes_are_no_part_of_the_sound(stray: bytes, frames: bytes) -> None:
    plain, with_stray = find_sound(BytesIO(frames)), find_sound(BytesIO(stray + frames))
    assert with_stray.spans == tuple((a + len(stray), b + len(stray)) for a, b in plain.spans)


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("fffb9000", 417),  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz
        ("fffb9200", 418),  # the same with a byte of padding
        ("fffd8404", 384),  # layer II, 128 kbit/s, 48 kHz
        ("fff348c0", 144),  # MPEG 2, layer III, 32 kbit/s, 16 kHz
        ("ffff1000", 32),  # layer I, 32 kbit/s, 44.1 kHz
        ("fffb0000", 0),  # of no stated rate
        ("fff90000", 0),  # no layer: AAC
        ("00000000", 0),
    ],
)
def test_the_length_of_a_frame(header: str, length: int) -> None:
    assert mpeg.frame_length(bytes.fromhex(header)) == length
