"""What cannot be tagged: each refused under its true name, though MPEG frames may stand in it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial

from tests.corpus.id3_tags import names, tag
from tests.corpus.riff import chunk, fmt, pcm, pcm_big_endian
from tests.corpus.sound import bare_mp3, encoded, film, remuxed
from tests.corpus.structure import Build, Structure

Made = tuple[str, str, Build, str, str]  # container, name, build, suffix, what the reason says


def structures() -> Iterator[Structure]:
    """All of them, under the suffixes with which they come."""
    for container, name, build, suffix, says in (*_muxed(), *_headed()):
        yield Structure(container, name, build, "refused", says, suffix=suffix)


def _muxed() -> Iterator[Made]:
    mp3, m4a = encoded(".mp3"), encoded(".m4a")
    for suffix in (".mka", ".mp3"):
        yield "Matroska", f"MP3 sound, named {suffix}", partial(remuxed, mp3, "matroska"), suffix, "Matroska"
    yield (
        "Matroska",
        "a film with MP3 sound",
        partial(film, "matroska", "mpeg4", "libmp3lame"),
        ".mp4",
        "Matroska",
    )
    yield "WebM", "Opus sound", partial(remuxed, encoded(".opus"), "webm"), ".opus", "Matroska|WebM"
    yield "CAF", "MP3 sound", partial(remuxed, mp3, "caf"), ".m4a", "CAF|Core Audio"
    yield "CAF", "PCM sound", partial(remuxed, encoded(".wav"), "caf"), ".m4a", "CAF|Core Audio"
    yield "Wave64", "MP3 sound", partial(remuxed, mp3, "w64"), ".wav", "Wave64|W64"
    yield "Wave64", "PCM sound", partial(remuxed, encoded(".wav"), "w64"), ".wav", "Wave64|W64"
    yield "RF64", "MP3 sound", partial(remuxed, mp3, "wav", {"rf64": "always"}), ".wav", "RF64"
    yield "RF64", "PCM sound", partial(remuxed, encoded(".wav"), "wav", {"rf64": "always"}), ".wav", "RF64"
    yield "BW64", "PCM sound", _bw64, ".wav", "BW64"
    yield "AVI", "MP3 sound alone", partial(remuxed, mp3, "avi"), ".mp3", "AVI"
    yield "AVI", "a film with MP3 sound", partial(film, "avi", "mpeg4", "libmp3lame"), ".mp4", "AVI"
    yield "MPEG-PS", "layer II sound", partial(remuxed, encoded(".mp2", "mp2"), "mpeg"), ".mp3", "MPEG"
    yield "MPEG-PS", "layer III sound", partial(remuxed, mp3, "mpeg"), ".mp3", "MPEG"
    yield "MPEG-TS", "MP3 sound", partial(remuxed, mp3, "mpegts"), ".mp3", "MPEG|transport"
    yield "MPEG-TS", "AAC sound", partial(remuxed, m4a, "mpegts"), ".mp4", "MPEG|transport"
    yield "FLV", "MP3 sound", partial(remuxed, mp3, "flv"), ".mp4", "FLV|Flash"
    yield "ADTS", "AAC sound", partial(remuxed, m4a, "adts"), ".m4a", "ADTS|AAC"
    yield (
        "ADTS",
        "AAC sound behind an ID3 tag",
        lambda: tag(3, names(3)) + remuxed(m4a, "adts"),
        ".mp3",
        "ADTS|AAC",
    )


def _headed() -> Iterator[Made]:
    frames = bare_mp3()
    for container, name, head, says in _HEADS:
        yield container, name, partial(_behind, head), ".mp3", f"{says}|no audio format"
    yield "AC-3", "Dolby sound", partial(encoded, ".ac3", "ac3"), ".mp3", "AC-3|Dolby|no audio format"
    yield "AU", "PCM sound", _au, ".wav", "AU|Sun"
    yield (
        "AU",
        "MPEG frames in it",
        lambda: b".snd" + struct.pack(">5I", 24, len(frames), 1, 44_100, 2) + frames,
        ".mp3",
        "AU|Sun",
    )
    yield "AMR", "frames", lambda: b"#!AMR\n" + bytes([0x3C] * 3200), ".m4a", "AMR"
    yield "DSDIFF", "DSD sound", _dsdiff, ".dsf", "DSDIFF|DFF"
    yield (
        "IFF 8SVX",
        "PCM sound",
        lambda: b"FORM" + struct.pack(">I", 1000) + b"8SVX" + bytes(996),
        ".aiff",
        "8SVX|IFF|no audio format",
    )
    yield "RealMedia", "MPEG frames in it", lambda: b".RMF\0\0\0\x12" + bytes(30) + frames, ".mp3", "Real"
    yield "TAK", "a header", lambda: b"tBaK" + bytes(400) + frames[:400], ".ape", "TAK|no audio format"
    yield "OptimFROG", "a header", lambda: b"OFR " + bytes(400), ".ape", "OptimFROG|no audio format"
    yield "Shorten", "a header", lambda: b"ajkg\2" + bytes(400), ".flac", "Shorten|no audio format"
    yield (
        "MIDI",
        "a header",
        lambda: b"MThd" + struct.pack(">I3H", 6, 1, 1, 96) + b"MTrk" + bytes(40),
        ".mp3",
        "MIDI|no audio format",
    )
    yield "no sound", "empty", lambda: b"", ".mp3", "empty|no audio"
    yield "no sound", "zeros", lambda: bytes(20_000), ".mp3", "no audio"
    yield (
        "no sound",
        "a web page",
        lambda: b"<!DOCTYPE html><html><body>404</body></html>" * 20,
        ".mp3",
        "no audio",
    )
    yield (
        "no sound",
        "a picture",
        lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)) * 40,
        ".mp3",
        "JPEG|no audio",
    )
    yield (
        "ZIP",
        "MPEG frames in it",
        lambda: b"PK\3\4\x0a" + bytes(40) + frames,
        ".mp3",
        "ZIP|zip|archive|no audio",
    )


def _behind(head: bytes) -> bytes:
    """MPEG frames behind the first bytes of something else."""
    return head + bare_mp3()


_HEADS = (
    ("RIFF", "CD-XA, as on video discs", b"RIFF\0\x40\0\0CDXAfmt \x10\0\0\0" + bytes(16), "CDXA|RIFF"),
    ("RIFF", "MIDI", b"RIFF\0\x40\0\0RMIDdata\0\x20\0\0", "MIDI|RMID|RIFF"),
    ("VOC", "MPEG frames in it", b"Creative Messages File\x1a\x1a\0\x0a\x01\x29\x11", "Creative|VOC"),
    ("TwinVQ", "MPEG frames in it", b"TWIN97012000\0\0\0\x40COMM" + bytes(20), "TwinVQ"),
    ("OMA", "MPEG frames in it", b"ea3\3\0\0\0\0\0\0EA3\2\0\x60" + bytes(90), "OMA|Sony|OpenMG"),
    ("MXF", "MPEG frames in it", b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02" + bytes(20), "MXF"),
    ("NSV", "MPEG frames in it", b"NSVf" + bytes(24), "NSV|Nullsoft"),
    ("an archive", "RAR", b"Rar!\x1a\x07\0" + bytes(10), "RAR|archive"),
    ("an archive", "7-Zip", b"7z\xbc\xaf\x27\x1c" + bytes(26), "7|archive"),
)


def _bw64() -> bytes:
    ds64 = chunk("<", b"ds64", struct.pack("<3QI", len(pcm()) + 76, len(pcm()), len(pcm()) // 4, 0))
    body = b"WAVE" + ds64 + fmt() + b"data" + b"\xff" * 4 + pcm()
    return b"BW64" + b"\xff" * 4 + body


def _au() -> bytes:
    return b".snd" + struct.pack(">5I", 24, len(pcm()), 3, 44_100, 2) + pcm_big_endian()


def _dsdiff() -> bytes:
    def part(name: bytes, content: bytes) -> bytes:
        return name + struct.pack(">Q", len(content)) + content

    rate = part(b"FS  ", struct.pack(">I", 2_822_400))
    channels = part(b"CHNL", struct.pack(">H", 2) + b"SLFTSRGT")
    kind = part(b"CMPR", b"DSD \x0enot compressed\0")
    properties = part(b"PROP", b"SND " + rate + channels + kind)
    body = b"DSD " + part(b"FVER", bytes.fromhex("01050000")) + properties + part(b"DSD ", b"\x69" * 40_000)
    return part(b"FRM8", body)
