"""MP3: tags in front, behind, on both sides, one after another, damaged and half understood."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial

from tests.corpus import ape_tags, id3_tags
from tests.corpus.id3_tags import (
    cover,
    frame,
    genre,
    id3v1,
    id3v1_of_same,
    id3v1_plus,
    names,
    noisy_cover,
    tag,
    text,
)
from tests.corpus.mp3_genres import genres
from tests.corpus.sound import SECONDS, bare_mp3, encoded, without_id3
from tests.corpus.structure import Structure
from tests.tags.dressing import PICTURE, UNKNOWN_FRAME, lyrics3_tag

_LONG = "A title that has more than thirty characters in all"


def structures() -> Iterator[Structure]:
    """All of them."""
    for name, head, tail in (*_id3v2(), *_stray(), *_behind(), *genres()):
        # FFmpeg goes wrong in a tag that is unsynchronised as a whole; written, it is none any more.
        is_misread = name.startswith("ID3v2.3 unsynchronised")
        yield Structure("mp3", name, partial(_file, head, tail), misread_by=("FFmpeg",) * is_misread)
    yield from _apev2_alone()
    yield from _special()


def _file(head: bytes, tail: bytes) -> bytes:
    return head + bare_mp3() + tail


def _id3v2() -> Iterator[tuple[str, bytes, bytes]]:
    yield "no tag", b"", b""
    for version in (2, 3, 4):
        yield (
            f"ID3v2.{version} with cover and genre",
            tag(version, names(version), cover(version), genre(version, "Polka")),
            b"",
        )
        yield f"ID3v2.{version} without genre", tag(version, names(version), padding=400), b""
    yield (
        "ID3v2.4 with footer",
        tag(4, names(4), flags=0x10, behind=b"3DI\4\0\x10" + id3_tags.synchsafe(len(names(4)))),
        b"",
    )
    yield (
        "ID3v2.3 unsynchronised",
        tag(3, id3_tags.unsynchronised(names(3) + noisy_cover(3)), flags=0x80),
        b"",
    )
    extended = struct.pack(">IHI", 6, 0, 0)
    yield (
        "ID3v2.3 unsynchronised, extended header",
        tag(3, id3_tags.unsynchronised(extended + names(3) + noisy_cover(3)), flags=0xC0),
        b"",
    )
    yield (
        "ID3v2.3 with checksum",
        tag(3, struct.pack(">IHII", 10, 0x8000, 0, 0xDEADBEEF), names(3), flags=0x40),
        b"",
    )
    yield "ID3v2.4 with extended header", tag(4, id3_tags.synchsafe(6) + b"\1\0", names(4), flags=0x40), b""
    content = noisy_cover(4)[10:]
    loose = frame(4, b"APIC", id3_tags.synchsafe(len(content)) + id3_tags.unsynchronised(content), b"\0\3")
    yield "ID3v2.4 unsynchronised by frame", tag(4, names(4), loose), b""
    yield (
        "ID3v2.4 with the frame sizes of old iTunes",
        tag(4, text(4, b"TIT2", "A title"), noisy_cover(3)),
        b"",
    )
    yield "ID3v2.3 with an encrypted frame", tag(3, names(3), frame(3, b"TPE2", b"\1\0abc", b"\0\x40")), b""
    yield (
        "ID3v2.3 with a compressed frame",
        tag(3, text(3, b"TIT2", "A title"), id3_tags.compressed(b"TPE1", b"\0A band")),
        b"",
    )
    yield "ID3v2.3 with an unknown frame", tag(3, names(3), UNKNOWN_FRAME), b""
    yield (
        "ID3v2.3 with a frame named in small letters",
        tag(3, names(3), frame(3, b"xyz1", b"abc"), text(3, b"TPE2", "A band")),
        b"",
    )
    yield (
        "ID3v2.3 with frame names of 2.2",
        tag(3, frame(3, b"TT2\0", b"\0A title"), frame(3, b"TP1 ", b"\0A band")),
        b"",
    )
    yield "ID3v2.3 with garbage behind its frames", tag(3, names(3), b"\1\2\3garbage" * 20), b""
    yield "ID3v2.4 of padding alone", tag(4, padding=1000), b""
    yield "ID3v2.4 of no length", tag(4), b""
    yield (
        "ID3v2.4 with a picture of 400 kB",
        tag(4, names(4), frame(4, b"APIC", b"\0image/png\0\3\0" + PICTURE * 130)),
        b"",
    )
    yield (
        "ID3v2.4 with a title of a million letters",
        tag(4, text(4, b"TIT2", "A long title! " * 71_000)),
        b"",
    )
    gap = frame(4, b"COMM", b"\0engiTunPGAP\x000\0\0")
    yield "ID3v2.4 with texts that end in nulls", tag(4, frame(4, b"TIT2", b"\0A title\0"), gap), b""
    dates = text(4, b"TDRC", "2018-01-09T01:23:45") + text(4, b"TDOR", "2011-05-06")
    yield "ID3v2.4 with a date to the second", tag(4, names(4), dates), b""
    chapter = frame(
        4, b"CHAP", b"c1\0" + struct.pack(">4I", 0, 500, 2**32 - 1, 2**32 - 1) + text(4, b"TIT2", "One")
    )
    yield "ID3v2.4 with a chapter", tag(4, names(4), chapter, frame(4, b"CTOC", b"toc\0\3\1c1\0")), b""
    yield (
        "ID3v2.4 with several artists",
        tag(4, text(4, b"TPE1", "One\0Two"), text(4, b"TIT2", "A title")),
        b"",
    )
    yield (
        "ID3v2.4 with the same frame twice",
        tag(4, text(4, b"TIT2", "A title"), text(4, b"TIT2", "A title")),
        b"",
    )
    loud = frame(3, b"RVAD", bytes(14)) + frame(3, b"POPM", b"me@example.org\0\xff\0\0\0\1")
    yield "ID3v2.3 with volume and rating", tag(3, names(3), loud), b""
    own = frame(4, b"PRIV", b"someone\0" + bytes(range(256))) + frame(
        4, b"GEOB", b"\0a/b\0n\0d\0" + bytes(90)
    )
    yield "ID3v2.4 with private data", tag(4, names(4), own), b""
    yield (
        "ID3v2.3 with a title in Cyrillic bytes",
        tag(3, frame(3, b"TIT2", b"\0" + "Песня".encode("cp1251"))),
        b"",
    )
    yield "ID3v2.3 with padding of 300 kB", tag(3, names(3), padding=300_000), b""
    yield "two ID3v2 tags, one behind the other", tag(4, names(4), genre(4, "Polka")) + tag(3, names(3)), b""
    yield (
        "two ID3v2 tags, each with a genre",
        tag(3, names(3), genre(3, "Polka")) + tag(4, names(4), genre(4, "Waltz")),
        b"",
    )


def _stray() -> Iterator[tuple[str, bytes, bytes]]:
    whole = tag(3, names(3), cover(3))
    for name, junk in (
        ("a zero", b"\0"),
        ("a line feed", b"\n"),
        ("200 zeros", bytes(200)),
        ("4096 zeros", bytes(4096)),
        ("some letters", b"junk in front"),
    ):
        yield f"{name} in front of ID3v2", junk + whole, b""
    yield "zeros in front of ID3v2 with a genre", bytes(64) + tag(4, names(4), genre(4, "Polka")), b""
    yield "zeros in front of ID3v2, ID3v1 behind", bytes(64) + whole, id3v1_of_same()
    yield "zeros between ID3v2 and the sound", whole + bytes(2000), b""
    yield "zeros in front of the sound", bytes(500), b""
    yield "garbage in front of the sound", b"RUBBISH!" * 40, b""


def _behind() -> Iterator[tuple[str, bytes, bytes]]:
    yield "ID3v1 alone", b"", id3v1()
    yield "ID3v1 alone, genre 255", b"", id3v1(genre=255)
    yield "ID3v1 alone, genre 200", b"", id3v1(genre=200)
    yield "ID3v1 alone with a comment", b"", id3v1(comment=b"my comment", genre=8)
    yield "ID3v1.1 alone with a track number", b"", id3v1(comment=b"my comment".ljust(29, b"\0") + b"\5")
    yield (
        "ID3v1 alone, padded with spaces",
        b"",
        id3v1(b"Old title".ljust(30), b"Old artist".ljust(30), b"Old album".ljust(30)),
    )
    yield (
        "ID3v1 alone, in Cyrillic bytes",
        b"",
        id3v1("Моя песня".encode("cp1251"), "Певец".encode("cp1251"), genre=255),
    )
    yield "ID3v1 of nothing", b"", b"TAG" + bytes(124) + b"\xff"
    yield "ID3v1 with its longer block in front", b"", id3v1_plus() + id3v1()
    yield "two ID3v1 blocks", b"", id3v1(b"First") + id3v1()
    full = tag(3, names(3), genre(3, "Polka"))
    yield "ID3v2 and ID3v1", full, id3v1()
    yield "ID3v2 and ID3v1 with a long title", tag(4, text(4, b"TIT2", _LONG)), id3v1_of_same(_LONG)
    yield "ID3v2 without genre, ID3v1 with one", tag(4, names(4)), id3v1()
    yield "ID3v2 of padding alone, ID3v1", tag(4, padding=500), id3v1(comment=b"my comment")
    ape = ape_tags.tag(*ape_tags.names(), ape_tags.item("Genre", "Pop"))
    yield "ID3v2 and APEv2, each with a genre", full, ape
    yield "ID3v2 and APEv2 without a genre", tag(4, names(4)), ape_tags.tag(*ape_tags.names("Another title"))
    yield "ID3v2 without genre, APEv2 with one", tag(4, names(4)), ape
    yield "ID3v2 and APEv2 of replay gain alone", tag(4, names(4)), ape_tags.tag(ape_tags.names()[-1])
    yield "ID3v2, APEv2, Lyrics3 and ID3v1", full, ape + lyrics3_tag() + id3v1()
    yield "ID3v2 and Lyrics3 v1", tag(3, names(3)), b"LYRICSBEGINla la laLYRICSEND" + id3v1()
    yield "Lyrics3 and ID3v1 alone", b"", lyrics3_tag() + id3v1()
    yield "APEv2 behind ID3v1", full, id3v1() + ape
    yield "two APEv2 tags", full, ape_tags.tag(ape_tags.item("Genre", "Waltz")) + ape
    yield "APEv2 in front of the sound", ape, b""
    yield "ID3v2 and APEv2 in front of the sound", full + ape, b""
    yield "ID3v2 and zeros behind the sound", full, bytes(3000)
    yield "ID3v2, ID3v1 and zeros behind it", full, id3v1() + bytes(64)
    yield "ID3v2 and half a frame at the end", full, bare_mp3()[:200]
    yield "ID3v2 and a web page behind the sound", full, b"<html>404</html>" * 30
    appended = tag(4, names(4), flags=0x10, behind=b"3DI\4\0\x10" + id3_tags.synchsafe(len(names(4))))
    yield "ID3v2.4 behind the sound", b"", appended


def _apev2_alone() -> Iterator[Structure]:
    names_, item, ape = ape_tags.names(), ape_tags.item, ape_tags.tag
    tails = {
        "APEv2 alone": ape(*names_),
        "APEv2 alone with a genre": ape(*names_, item("Genre", "Pop")),
        "APEv2 alone with two genres": ape(*names_, item("GENRE", "Pop\0Polka")),
        "APEv2 alone without a header": ape(*names_, header=False),
        "APEv1 alone": ape(*names_, header=False, version=1000),
        "APEv2 alone with a picture": ape(*names_, item("Cover Art (Front)", b"c.png\0" + PICTURE, 1)),
        "APEv2 and ID3v1": ape(*names_) + id3v1_of_same(),
        "APEv2 and ID3v1 with a long title": ape(*ape_tags.names(_LONG)) + id3v1_of_same(_LONG),
        "APEv2 with a genre and ID3v1 with another": ape(*names_, item("Genre", "Pop")) + id3v1_of_same(),
        "APEv2, Lyrics3 and ID3v1": ape(*names_) + lyrics3_tag() + id3v1_of_same(),
        "APEv2 of replay gain and ID3v1": ape(names_[-1]) + id3v1(),
        "APEv2 with a stale count of items": ape(*names_, count=9),
        "APEv2 with too low a count of items": ape(*names_, count=2),
        "APEv2 with zeros behind its items": ape(*names_, slack=bytes(200)),
        "APEv2 with an item of no key": ape(*names_, item("", "nothing")),
        "APEv2 with a key of one letter": ape(*names_, item("X", "one")),
        "APEv2 with a key that is no ASCII": ape(*names_, item("Größe", "one")),
        "APEv2 with an item twice": ape(*names_, item("Comment", "one"), item("comment", "two")),
        "APEv2 with a binary genre": ape(*names_, item("Genre", b"\0\1\2", 1)),
        "APEv2 with a link": ape(*names_, item("Related", "http://example.org/", 2)),
        "APEv2 without items": ape(),
    }
    for name, tail in tails.items():
        yield Structure("mp3", name, partial(_file, b"", tail))


def _special() -> Iterator[Structure]:
    yield Structure("mp3", "MPEG layer II", lambda: tag(3, names(3)) + without_id3(encoded(".mp2", "mp2")))
    yield Structure("mp3", "mono", lambda: tag(3, names(3)) + without_id3(encoded(".mp3", None, SECONDS, 1)))
    yield Structure("mp3", "cut in its last frame", lambda: tag(3, names(3)) + bare_mp3()[:-150])
    yield Structure("mp3", "a damaged frame in the middle", lambda: tag(3, names(3)) + _damaged(bare_mp3()))
    for version in (1, 5):
        yield Structure(
            "mp3",
            f"a tag of the unknown version 2.{version}",
            partial(_file, tag(version, names(3)), b""),
            "refused",
            "ID3",
        )
    head = b"ID3\3\0\0" + id3_tags.synchsafe(90_000) + names(3)
    yield Structure(
        "mp3", "an ID3v2 tag longer than the file", partial(_file, head, b""), "refused", "ID3|sound|audio"
    )
    unsafe = b"ID3\3\0\0\0\0\0\xf0" + names(3).ljust(0xF0, b"\0")
    yield Structure(
        "mp3", "an ID3v2 tag with a size that is none", partial(_file, unsafe, b""), "refused", "ID3"
    )
    yield Structure(
        "mp3",
        "ID3v2.2 compressed",
        partial(_file, tag(2, names(2), flags=0x40), b""),
        "refused",
        "compressed|ID3",
    )
    yield Structure("mp3", "an ID3v2 tag and nothing else", lambda: tag(3, names(3)), "refused", "audio")


def _damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + b"\xaa" * 40 + data[middle + 40 :]
