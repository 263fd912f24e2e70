"""What is not tagged, by its content, with a name to be refused by.

MPEG audio has no magic: frames stand back to back in many containers. So a file is mp3 only where
it is nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Literal

from audiotag.tags.formats import asf_header, mpeg

MPEG = "mp3"
# Frames in a row that make MPEG audio: where the sound begins at once, and behind stray bytes.
FRAMES, FRAMES_BEHIND_STRAY = 4, 8
NO_AUDIO = "no audio format that can be tagged was recognised in it"

_FOREIGN = {
    b"RF64": "RF64",
    b"BW64": "BW64",
    b"RIFX": "RIFX",
    b"riff\x2e\x91\xcf\x11": "Wave64",
    b"caff": "CAF",
    b"\0\0\1\xba": "MPEG program stream",
    b"\0\0\1\xb3": "MPEG video",
    b"FLV": "Flash video",
    b"FWS": "Flash",
    b"CWS": "Flash",
    b".RMF": "RealMedia",
    b".ra\xfd": "RealAudio",
    b".snd": "AU",
    b"dns.": "AU",
    b"Creative Messages File": "VOC",
    b"#!AMR": "AMR",
    b"#!SILK": "SILK",
    b"ADIF": "AAC (ADIF)",
    b"\x7f\xfe\x80\x01": "DTS",
    b"\xfe\x7f\x01\x80": "DTS",
    b"\x1f\xff\xe8\x00": "DTS",
    b"\xff\x1f\x00\xe8": "DTS",
    b"DTSHDHDR": "DTS-HD",
    b"FRM8": "DSDIFF",
    b"ajkg": "Shorten",
    b"OFR ": "OptimFROG",
    b"LA02": "LA",
    b"LA03": "LA",
    b"LA04": "LA",
    b"tBaK": "TAK",
    b"TWIN": "TwinVQ",
    b"ea3": "ATRAC (OMA)",
    b"EA3": "ATRAC (OMA)",
    b"MThd": "MIDI",
    b"MMMD": "SMAF",
    b"Extended Module:": "a tracker module",
    b"IMPM": "a tracker module",
    b"SNES-SPC700": "SPC",
    b"NESM": "NSF",
    b"NSVf": "Nullsoft video",
    b"NSVs": "Nullsoft video",
    b"nut/multimedia": "NUT",
    b"\x06\x0e\x2b\x34": "MXF",
    b"FSB": "FMOD bank",
    b"BIK": "Bink video",
    b"SMK": "Smacker video",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"8BPS": "a Photoshop image",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 image",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"<!DOCTYPE": "a web page, no audio",
    b"<html": "a web page, no audio",
    b"<?xml": "an XML document",
    b"PK\3\4": "a ZIP archive",
    b"PK\5\6": "a ZIP archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b\x08": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3": "a database",
    b"\x7fELF": "a program",
}
_RIFF_FORMS = {
    b"AVI ": "AVI",
    b"AVIX": "AVI",
    b"WEBP": "a WebP image",
    b"RMID": "MIDI in RIFF",
    b"CDXA": "CD-XA (RIFF)",
    b"sfbk": "a SoundFont",
}
_EBML = b"\x1a\x45\xdf\xa3"
_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
# What a length in a head may leave out of the file or of the sound: a magic, a trailer.
_LEFT_OUT = 64
# Magics long enough to be believed among stray bytes.
_AMONG_STRAY = {
    b"fLaC\0\0\0\x22": "FLAC",
    b"OggS\0\2": "Ogg",
    asf_header.HEADER: "ASF",
    _EBML: "Matroska",
    b"riff\x2e\x91\xcf\x11": "Wave64",
    b"caff\0\1\0\0": "CAF",
    b"\0\0\1\xba": "MPEG program stream",
    b".RMF\0\0\0": "RealMedia",
    b"FLV\1": "Flash video",
}


class NotTaggedError(ValueError):
    """A container that has no tags that are written here, by its name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: not tagged")


def behind_stray(stray: bytes, length: int) -> str | None:
    """Which other container begins somewhere in bytes that stand before MPEG frames.

    `length`: bytes from there to the end of the file.
    """
    for magic, name in _AMONG_STRAY.items():
        if magic in stray:
            return f"{name} behind stray bytes"
    for magic, forms in ((b"RIFF", (b"WAVE", b"AVI ")), (b"FORM", (b"AIFF", b"AIFC"))):
        at = stray.find(magic)
        if at >= 0 and stray[at + 8 : at + 12] in forms:
            return f"{magic.decode()} behind stray bytes"
    if any(_is_atom(stray, stray.find(name) - 4) for name in (b"ftyp", b"moov", b"mdat")):
        return "MP4 behind stray bytes"
    return "a container of another kind" if _says_length(stray, length) else None


def _says_length(stray: bytes, length: int) -> bool:
    """Whether there is a head that says how long the file is, or the sound in it."""
    numbers = {
        int.from_bytes(stray[at : at + 4], order)
        for at in range(0, min(len(stray), _LEFT_OUT) - 3, 4)
        for order in _ORDERS
    }
    return any(
        0 <= whole - number <= _LEFT_OUT for whole in (length, length - len(stray)) for number in numbers
    )


def _is_atom(data: bytes, at: int) -> bool:
    """Whether the size of an atom there could be one: they are far from 4 GiB, as a rule."""
    return at >= 0 and (data[at] < 0x10)


def foreign(file: BinaryIO, start: int, head: bytes) -> str | None:
    """What a file is that begins with none of the containers; None where that is not known."""
    if head[:4] == b"RIFF" and len(head) >= 12:
        form = head[8:12]
        return _RIFF_FORMS.get(form) or f"RIFF ({form.decode('latin-1').strip()})"
    if head[:4] == b"FORM" and len(head) >= 12:
        return f"IFF ({head[8:12].decode('latin-1').strip()})"
    if head.startswith(_EBML):
        return "WebM" if b"webm" in head[:64] else "Matroska"
    if head[4:8] == b"ftyp":
        return "a HEIF image"
    if head[4:8] == b"\xf8\x72\x6f\xba" or head[4:8] == b"\xf8\x72\x6f\xbb":
        return "MLP or TrueHD"
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "a BMP image"
    name = next((name for magic, name in _FOREIGN.items() if head.startswith(magic)), None)
    return name or _by_frames(file, start, head)


def _by_frames(file: BinaryIO, start: int, head: bytes) -> str | None:
    """Streams that have no magic but the same bytes again and again."""
    checks: tuple[tuple[str, Callable[[bytes], int], int], ...] = (
        ("AAC (ADTS)", mpeg.adts_length, 3),
        ("AAC (LATM)", mpeg.loas_length, 4),
    )
    for name, length_of, count in checks:
        if mpeg.stands_at(file, start, count, length_of):
            return name
    # Sampling rate 3 and frame sizes above 37 do not exist; the stream's version is 16 at most.
    if head[:2] == b"\x0b\x77" and len(head) > 5 and head[5] >> 3 <= 16:
        return "AC-3"
    if head[:2] == b"\x77\x0b":
        return "AC-3"
    return "MPEG transport stream" if any(_is_transport(head, packet) for packet in (188, 192, 204)) else None


def _is_transport(head: bytes, packet: int) -> bool:
    """Whether each packet begins with its magic, wherever in one the file begins."""
    firsts = (head[lead::packet] for lead in range(min(packet, len(head))))
    return any(len(first) > 2 and first.count(b"\x47") == len(first) for first in firsts)
