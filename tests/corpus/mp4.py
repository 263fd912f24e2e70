"""MP4: atoms in every order, tags of three standards, fragments, what stands behind and is missing."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache, partial

from tests.corpus.id3_tags import id3v1, names, tag
from tests.corpus.mp4_atoms import box, data_of, find, grown, shifted, without
from tests.corpus.sound import encoded, film, remuxed
from tests.corpus.structure import Build, Structure
from tests.tags.dressing import PICTURE

_ASTRAY = ("QuickTime's meta in trak", "QuickTime's form of meta in udta")
_NAMES = {"title": "A title", "artist": "Än artist", "album": "An album"}


@cache
def sound_first(codec: str = "aac", **tags: str) -> bytes:
    """mdat in front of moov: nothing behind the sound moves it."""
    return remuxed(_source(codec), "ipod", metadata=tags or _NAMES)


@cache
def moov_first(muxer: str = "ipod", flags: str = "faststart") -> bytes:
    """moov in front of mdat, or whatever else movflags can make."""
    pieces = {} if flags == "faststart" else {"frag_duration": "150000"}
    return remuxed(_source("aac"), muxer, {"movflags": flags, **pieces}, _NAMES)


def _source(codec: str) -> bytes:
    return encoded(".m4a", None if codec == "aac" else codec)


def structures() -> Iterator[Structure]:
    """All of them."""
    made = {**_orders(), **_lists(), **_other_tags(), **_tails(), **_fragments()}
    for name, build in made.items():
        # mutagen is led astray by a meta atom that has no version and flags.
        unseen_by = ("mutagen",) if name in _ASTRAY else ()
        yield Structure("mp4", name, build, unseen_by=unseen_by)
    yield Structure(
        "mp4",
        "QuickTime sound with text atoms of its own",
        partial(remuxed, encoded(".m4a"), "mov", None, {**_NAMES, "genre": "Polka"}),
    )
    yield Structure(
        "mp4",
        "3GP with text atoms of its own",
        partial(remuxed, encoded(".m4a"), "3gp", None, _NAMES),
    )
    yield Structure("mp4", "MP3 sound", partial(remuxed, encoded(".mp3"), "mp4", None, _NAMES))
    yield Structure(
        "mp4", "MP3 sound in QuickTime", partial(remuxed, encoded(".mp3"), "mov", None, _NAMES), suffix=".m4a"
    )
    yield Structure("mp4", "FLAC sound", partial(remuxed, encoded(".flac"), "mp4", None, _NAMES))
    yield Structure("mp4", "Opus sound", partial(remuxed, encoded(".opus"), "mp4", None, _NAMES))
    yield Structure("mp4", "a film", partial(film, "mp4"), suffix=".mp4")
    yield Structure("mp4", "a cover as a video stream", partial(film, "mp4", "mjpeg", "aac", True))
    yield Structure("mp4", "ID3v2 in front", _with_id3, "refused", "ID3")
    yield Structure("mp4", "an item longer than its list", _with_long_item, "refused", "MP4|end|list")
    yield Structure("mp4", "cut in moov", lambda: moov_first()[:400], "refused", "MP4|cut|end")
    yield Structure("mp4", "no moov", lambda: without(sound_first(), (b"moov",)), "refused", "moov|MP4|index")


def _orders() -> dict[str, Build]:
    return {
        "AAC, moov behind the sound": sound_first,
        "AAC, moov in front": moov_first,
        "ALAC": partial(sound_first, "alac"),
        "AAC with a genre": partial(sound_first, "aac", genre="Polka", title="A title"),
        "64-bit chunk offsets": _with_co64,
        "a size of mdat in 64 bits": _with_long_mdat,
        "mdat to the end of the file": _with_open_mdat,
        "no ftyp: begins with free": partial(_renamed_head, b"free"),
        "no ftyp: begins with wide": partial(_renamed_head, b"wide"),
        "no ftyp: begins with skip": partial(_renamed_head, b"skip"),
        "no ftyp: begins with mdat": partial(_headless, "mdat"),
        "no ftyp: begins with moov": partial(_headless, "moov"),
        "MP3 sound, no ftyp: begins with wide": partial(_renamed_head, b"wide", ".mp3"),
        "MP3 sound, no ftyp: begins with mdat": partial(_headless, "mdat", ".mp3"),
        "MP3 sound, no ftyp: begins with moov": partial(_headless, "moov", ".mp3"),
        "cut in mdat": lambda: moov_first()[:-2000],
        "a top atom of an unknown name": lambda: sound_first() + box(b"xyz1", b"secret!" * 9),
        "free atoms on all levels": _with_free_atoms,
    }


def _lists() -> dict[str, Build]:
    ilst = (b"moov", b"udta", b"meta", b"ilst")
    return {
        "no udta": lambda: without(sound_first(), (b"moov", b"udta")),
        "udta without meta": lambda: without(sound_first(), ilst[:3]),
        "meta without ilst": lambda: without(sound_first(), ilst),
        "an empty udta that ends with a zero": lambda: grown(
            without(sound_first(), ilst[:3]), ilst[:2], bytes(4)
        ),
        "free behind the list": lambda: grown(sound_first(), ilst[:3], box(b"free", bytes(2000))),
        "the number of an ID3v1 genre (gnre)": lambda: grown(
            sound_first(), ilst, box(b"gnre", data_of(b"\0\x12", 0))
        ),
        "both kinds of genre (gnre and ©gen)": lambda: grown(
            sound_first("aac", genre="Polka"), ilst, box(b"gnre", data_of(b"\0\x12", 0))
        ),
        "two values in one genre": lambda: grown(
            sound_first(), ilst, box(b"\xa9gen", data_of(b"Polka"), data_of(b"Waltz"))
        ),
        "the genre twice": lambda: grown(
            sound_first("aac", genre="Polka"), ilst, box(b"\xa9gen", data_of(b"Waltz"))
        ),
        "a freeform genre": lambda: grown(sound_first(), ilst, _freeform(b"GENRE", b"Polka")),
        "a genre and a freeform one": lambda: grown(
            sound_first("aac", genre="Polka"), ilst, _freeform(b"GENRE", b"Waltz")
        ),
        "a freeform genre of another owner": lambda: grown(
            sound_first(), ilst, _freeform(b"GENRE", b"Polka", b"org.example")
        ),
        "an unknown item": lambda: grown(sound_first(), ilst, box(b"xyz1", data_of(b"unknown"))),
        "an item without data": lambda: grown(sound_first(), ilst, box(b"\xa9cmt")),
        "a cover": lambda: grown(sound_first(), ilst, box(b"covr", data_of(PICTURE, 14))),
        "a title in UTF-16": lambda: grown(
            sound_first("aac", artist="Some"),
            ilst,
            box(b"\xa9nam", data_of("A tïtle".encode("utf-16-be"), 2)),
        ),
    }


def _other_tags() -> dict[str, Build]:
    hdlr = box(b"hdlr", bytes(8), b"mdta", bytes(12))
    keys = box(b"keys", struct.pack(">II", 0, 1), struct.pack(">I4s", 12, b"mdta"), b"make")
    meta = box(b"meta", hdlr, keys, box(b"ilst", box(struct.pack(">I", 1), data_of(b"case"))))
    return {
        "QuickTime's meta in moov": lambda: grown(sound_first(), (b"moov",), meta),
        "QuickTime's meta in trak": lambda: grown(sound_first(), (b"moov", b"trak"), meta),
        "QuickTime's form of meta in udta": _udta_in_quicktime_form,
        "QuickTime's meta with a genre": partial(_mdta, {**_NAMES, "genre": "Polka"}),
        "QuickTime's meta with a title": partial(_mdta, _NAMES),
        "a udta in the track": lambda: grown(
            sound_first(), (b"moov", b"trak"), box(b"udta", box(b"name", b"Sound"))
        ),
        "two meta atoms in udta": lambda: grown(sound_first(), (b"moov", b"udta"), meta),
        "protected sound": lambda: sound_first().replace(b"mp4a\0\0\0\0", b"drms\0\0\0\0"),
        "chapters of Nero": lambda: grown(sound_first(), (b"moov", b"udta"), _nero_chapters()),
        "an ID32 atom": lambda: grown(
            sound_first(),
            (b"moov",),
            box(
                b"meta",
                bytes(4),
                box(b"hdlr", bytes(8), b"ID32", bytes(13)),
                box(b"ID32", bytes(4), b"\x15\xc7", tag(4, names(4))),
            ),
        ),
        "a uuid atom with XMP": lambda: sound_first() + box(b"uuid", bytes(range(16)), b"<x:xmpmeta/>"),
        "a meta atom at the top": lambda: sound_first() + meta,
        "QuickTime's text genre in udta beside the list": lambda: grown(
            sound_first("aac", genre="Polka"),
            (b"moov", b"udta"),
            box(b"\xa9gen", struct.pack(">HH", 5, 0x55C4), b"Waltz"),
        ),
    }


def _tails() -> dict[str, Build]:
    return {
        "ID3v1 behind": lambda: sound_first() + id3v1(genre=255),
        "zeros behind": lambda: sound_first() + bytes(64),
        "three bytes behind": lambda: sound_first() + b"abc",
        "garbage behind": lambda: sound_first() + b"RUBBISH!" * 40,
        "free in front of ftyp": _with_free_in_front,
        "ID3v1 behind, moov in front": lambda: moov_first() + id3v1(genre=255),
    }


def _fragments() -> dict[str, Build]:
    return {
        "fragments with an index of them (mfra)": partial(moov_first, "mp4", "frag_keyframe+empty_moov"),
        "fragments without an index": partial(moov_first, "mp4", "frag_keyframe+empty_moov+skip_trailer"),
        "fragments as DASH has them (sidx)": partial(
            moov_first, "mp4", "dash+frag_keyframe+empty_moov+default_base_moof+global_sidx"
        ),
        "fragments counted from the fragment": partial(
            moov_first, "mp4", "frag_keyframe+empty_moov+omit_tfhd_offset"
        ),
        "fragments behind ordinary sound": partial(moov_first, "mp4", "frag_keyframe"),
    }


def _freeform(name: bytes, value: bytes, owner: bytes = b"com.apple.iTunes") -> bytes:
    return box(b"----", box(b"mean", bytes(4), owner), box(b"name", bytes(4), name), data_of(value))


def _mdta(tags: dict[str, str]) -> bytes:
    return remuxed(encoded(".m4a"), "mp4", {"movflags": "use_metadata_tags"}, tags)


def _renamed_head(name: bytes, source: str = ".m4a") -> bytes:
    data = remuxed(encoded(source), "mov" if source == ".mp3" else "ipod", metadata=_NAMES)
    return data[:4] + name + data[8:]


def _headless(first: str, source: str = ".m4a") -> bytes:
    """Without ftyp and what stands between it and mdat or moov."""
    muxer = "mov" if source == ".mp3" else "ipod"
    options = {"movflags": "faststart"} if first == "moov" else {}
    data = remuxed(encoded(source), muxer, options, _NAMES)
    start, _ = find(data, (first.encode("ascii"),))
    return shifted(data, -start)[start:]


def _with_id3() -> bytes:
    head = tag(3, names(3))
    return head + shifted(moov_first(), len(head))


def _with_free_in_front() -> bytes:
    head = box(b"free", bytes(20))
    return head + shifted(moov_first(), len(head))


def _with_long_item() -> bytes:
    data = sound_first()
    at = data.index(b"\xa9nam") - 4
    return data[:at] + struct.pack(">I", 5000) + data[at + 4 :]


def _with_co64() -> bytes:
    data = sound_first()
    path = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
    start, _end = find(data, (*path, b"stco"))
    count = int.from_bytes(data[start + 12 : start + 16], "big")
    offsets = struct.unpack_from(f">{count}I", data, start + 16)
    table = box(b"co64", bytes(4), struct.pack(">I", count), struct.pack(f">{count}Q", *offsets))
    return grown(without(data, (*path, b"stco")), path, table)


def _with_long_mdat() -> bytes:
    """The eight bytes of "free" in front of mdat hold the long size, as writers plan it."""
    data = sound_first()
    start, end = find(data, (b"mdat",))
    assert data[start - 4 : start] == b"free"
    head = struct.pack(">I4sQ", 1, b"mdat", end - start + 8)
    return data[: start - 8] + head + data[start + 8 :]


def _with_open_mdat() -> bytes:
    data = moov_first()
    start, end = find(data, (b"mdat",))
    return data[:start] + bytes(4) + data[start + 4 : end]


def _with_free_atoms() -> bytes:
    data = sound_first()
    for path in ((b"moov", b"udta"), (b"moov", b"trak"), (b"moov",)):
        data = grown(data, path, box(b"free", bytes(60)))
    return data + box(b"free", bytes(60))


def _udta_in_quicktime_form() -> bytes:
    """meta without version and flags."""
    data = sound_first()
    start, end = find(data, (b"moov", b"udta", b"meta"))
    content = data[start + 12 : end]
    return grown(without(data, (b"moov", b"udta", b"meta")), (b"moov", b"udta"), box(b"meta", content))


def _nero_chapters() -> bytes:
    first = struct.pack(">QB", 0, 3) + b"One"
    second = struct.pack(">QB", 5_000_000, 3) + b"Two"
    return box(b"chpl", b"\1\0\0\0", bytes(4), b"\2", first, second)
