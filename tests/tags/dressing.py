"""Puts tags on files: none, a few, or everything a container can hold; and reads all of it back."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import mutagen
from mutagen import id3
from mutagen.apev2 import APEv2, APEValue
from mutagen.asf._attrs import (
    ASFByteArrayAttribute,
    ASFDWordAttribute,
    ASFUnicodeAttribute,
)
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm

from audiotag.tags.change import OWN_TEXTS, Change
from audiotag.tags.formats import read
from audiotag.tags.formats.read import AnyPath, TrackTags, read_tags, writing
from tests.tags.handmade import noise

PICTURE = b"\x89PNG\r\n\x1a\n" + noise(3000)
LEVELS = ("bare", "empty", "partial", "full")
UNKNOWN_FRAME = b"XYZ1" + struct.pack(">I", 7) + b"\x40\x00" + b"secret!"


def dress(path: Path, level: str, id3_version: int = 4) -> Path:
    """Give a file tags of a level; the genre of "partial" is missing, that of "full" is "Folk".

    "empty" is a tag with nothing in it, "bare" is what the encoder left.
    """
    if level == "bare":
        return path
    if path.suffix in (".mp3", ".tta", ".wav", ".aiff"):
        _dress_id3(path, level, id3_version)
        return path
    if level == "empty" and path.suffix in (".ape", ".wv", ".mpc"):
        bare = path.read_bytes().partition(b"APETAGEX")[0]
        path.write_bytes(bare + _ape_preamble(0xA0000000) + _ape_preamble(0x80000000))
        return path
    audio: Any = mutagen.File(path)
    if audio.tags is None:
        audio.add_tags()
    if level == "empty":
        audio.tags.clear()
    else:
        _DRESSERS[path.suffix](audio, level)
    audio.save()
    return path


def write_genres(path: AnyPath, genres: Sequence[str]) -> None:
    """Write genres into the file itself, as is only safe in a test."""
    write_change(path, Change(tuple(genres)))


def put_back(path: AnyPath, before: TrackTags) -> None:
    """Give the genre its old value in every place, as an undo by values does."""
    elsewhere = {**dict.fromkeys(read_tags(path).elsewhere, ()), **before.elsewhere}
    texts = {**dict.fromkeys(OWN_TEXTS, ()), **before.texts}
    write_change(path, Change(before.stored, texts, elsewhere=elsewhere))


def id3v1_block(genre: int = 17) -> bytes:
    """A 128-byte ID3v1 block; its genre is Rock, or another by its number."""
    block = b"TAG" + b"Old title".ljust(30, b"\0") + b"Old artist".ljust(30, b"\0")
    return block + b"Old album".ljust(30, b"\0") + b"1999" + bytes(30) + bytes((genre,))


def apev2_tag(**items: str | list[str]) -> bytes:
    """An APEv2 tag as bytes."""
    tag = APEv2()
    for key, value in items.items():
        tag[key] = value
    out = BytesIO()
    tag.save(out)
    return out.getvalue()


def lyrics3_tag() -> bytes:
    """A Lyrics3v2 tag as bytes."""
    body = b"LYRICSBEGIN" + b"IND0000200" + b"LYR00009la la la."
    return body + b"%06d" % len(body) + b"LYRICS200"


def others_by_mutagen(path: Path) -> list[str]:
    """Everything but the genre that mutagen sees in a file's tags, in words, sorted."""
    audio: Any = mutagen.File(path)
    tags = audio.tags
    if tags is None:
        return []
    if isinstance(tags, id3.ID3):
        raw: Any = type(tags)(str(path), translate=False, load_v1=False)
        found = [repr(frame) for frame in raw.values() if frame.FrameID != "TCON"]
        return sorted(found + [repr(bytes(frame)) for frame in raw.unknown_frames])
    pairs = tags if isinstance(tags, list) else tags.items()
    skipped = ("genre", "\xa9gen", "wm/genre")
    found = [f"{key}={value!r}" for key, value in pairs if key.lower() not in skipped]
    found += [repr(vars(picture)) for picture in getattr(audio, "pictures", [])]
    return sorted(found)


def _dress_id3(path: Path, level: str, version: int) -> None:
    if level == "empty":
        put_id3(path, b"ID3" + bytes((version, 0, 0, 0, 0, 2, 44)) + bytes(300))
        return
    tag: Any = id3.ID3()
    tag.add(id3.TIT2(encoding=0, text=["A title"]))
    if level == "full":
        tag.add(id3.TPE1(encoding=1, text=["Ärtist", "Ŝecond"] if version == 4 else ["Ärtist/Ŝecond"]))
        tag.add(id3.TALB(encoding=1, text=["Album"]))
        tag.add(id3.TCON(encoding=0, text=["Folk"]))
        tag.add(id3.COMM(encoding=0, lang="eng", desc="", text=["one"]))
        tag.add(id3.COMM(encoding=0, lang="deu", desc="two", text=["zwei"]))
        tag.add(id3.USLT(encoding=1, lang="eng", desc="", text="la la la"))
        tag.add(id3.TXXX(encoding=0, desc="MOOD", text=["fine"]))
        tag.add(id3.PRIV(owner="somebody", data=noise(200)))
        tag.add(id3.APIC(encoding=0, mime="image/png", type=3, desc="", data=PICTURE))
        title = id3.TIT2(encoding=0, text=["Chapter"])
        tag.add(id3.CHAP(element_id="c1", start_time=0, end_time=500, sub_frames=[title]))
        tag.add(id3.CTOC(element_id="toc", flags=3, child_element_ids=["c1"], sub_frames=[]))
        dates = (id3.TYER, id3.TDAT, id3.TIME) if version == 3 else (id3.TDRC,)
        for frame, text in zip(dates, ("1999", "3112", "2359"), strict=False):
            tag.add(frame(encoding=0, text=[text]))
        tag.unknown_frames = [UNKNOWN_FRAME]
        tag._unknown_v2_version = version
    out = BytesIO()
    tag.save(out, v2_version=version, padding=lambda info: 300)
    put_id3(path, out.getvalue())


def put_id3(path: Path, tag: bytes) -> None:
    """Put an ID3v2 tag, as bytes, in the place where this kind of file has it."""
    data = path.read_bytes()
    if path.suffix in (".wav", ".aiff"):
        order, name = ("<", b"id3 ") if path.suffix == ".wav" else (">", b"ID3 ")
        body = data[8:] + name + struct.pack(order + "I", len(tag)) + tag + bytes(len(tag) % 2)
        path.write_bytes(data[:4] + struct.pack(order + "I", len(body)) + body)
        return
    old = 10 + id3.BitPaddedInt(data[6:10]) if data.startswith(b"ID3") else 0
    # FFmpeg puts an APEv2 tag on TTA files, beside which it would not look at this one.
    path.write_bytes(tag + data[old:].partition(b"APETAGEX")[0])


def _dress_vorbis(audio: Any, level: str) -> None:
    audio.tags.append(("TITLE", "A title"))
    if level == "full":
        pairs = [("ARTIST", "Ärtist"), ("artist", "Second"), ("ALBUM", "Album"), ("Genre", "Folk")]
        pairs += [
            ("COMMENT", "one"),
            ("COMMENT", "two"),
            ("LYRICS", "la\nla"),
            ("CHAPTER001", "00:00:00.000"),
        ]
        audio.tags.extend([*pairs, ("METADATA_BLOCK_PICTURE", "QUJD" * 900)])
    if level == "full" and isinstance(audio, FLAC):
        picture = Picture()
        picture.type, picture.mime, picture.data = 3, "image/png", PICTURE
        audio.add_picture(picture)


def _dress_mp4(audio: MP4, level: str) -> None:
    tags: Any = audio.tags
    tags["\xa9nam"] = ["A title"]
    if level == "full":
        tags["\xa9ART"], tags["\xa9alb"], tags["\xa9gen"] = ["Ärtist", "Second"], ["Album"], ["Folk"]
        tags["\xa9cmt"], tags["\xa9lyr"], tags["trkn"], tags["cpil"] = ["one", "two"], ["la"], [(1, 9)], True
        tags["covr"] = [MP4Cover(PICTURE, MP4Cover.FORMAT_PNG)]
        tags["----:com.apple.iTunes:MOOD"] = [MP4FreeForm(b"fine"), MP4FreeForm(b"\x00\x01", dataformat=0)]
        tags["----:com.apple.iTunes:iTunSMPB"] = [MP4FreeForm(b" 00000000 00000840 000001CA")]
        tags["tmpo"], tags["xyz1"] = [120], ["unknown"]


def _dress_asf(audio: Any, level: str) -> None:
    tags = audio.tags
    tags["Title"] = "A title"
    if level == "full":
        tags["Author"], tags["WM/AlbumTitle"], tags["WM/Genre"] = "Ärtist", "Album", ["Folk"]
        tags["WM/Picture"] = ASFByteArrayAttribute(PICTURE)
        tags["Description"] = ["one", "two"]
        tags["WM/Lyrics"] = ASFUnicodeAttribute("la la", language=0)
        tags["PerStream"] = ASFDWordAttribute(5, stream=1)


def _ape_preamble(flags: int) -> bytes:
    """The header or footer of an APEv2 tag without items."""
    return b"APETAGEX" + struct.pack("<4I", 2000, 32, 0, flags) + bytes(8)


def _dress_ape(audio: Any, level: str) -> None:
    audio.tags["Title"] = "A title"
    if level == "full":
        audio.tags["Artist"], audio.tags["Album"], audio.tags["genre"] = ["Ärtist", "Second"], "Album", "Folk"
        audio.tags["Comment"], audio.tags["Lyrics"] = ["one", "two"], "la la"
        audio.tags["Cover Art (Front)"] = APEValue(b"x.png\0" + PICTURE, 1)
        audio.tags["Related"] = APEValue("http://example.org/", 2)


_DRESSERS = {
    **dict.fromkeys((".flac", ".ogg", ".oga", ".opus", ".spx"), _dress_vorbis),
    **dict.fromkeys((".m4a", ".mp4", ".m4b"), _dress_mp4),
    **dict.fromkeys((".ape", ".wv", ".mpc"), _dress_ape),
    ".wma": _dress_asf,
}


def write_change(path: AnyPath, change: Change) -> None:
    """Write into a file itself, without any of the care of a safe write."""
    with writing(path), open(path, "r+b") as file:
        read.write_change(file, change)
