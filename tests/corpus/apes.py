"""Monkey's Audio, WavPack, Musepack and True Audio: APEv2 and the ID3 tags around it."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from tests.corpus import ape_tags, id3_tags
from tests.corpus.id3_tags import genre, id3v1, names, tag
from tests.corpus.sound import RATE, encoded
from tests.corpus.structure import Structure
from tests.tags.dressing import PICTURE, lyrics3_tag
from tests.tags.handmade import make_handmade, noise

KINDS = ("ape", "wavpack", "musepack", "tta")


@cache
def bare(kind: str) -> bytes:
    """Sound without tags."""
    if kind == "ape":
        return _silent_ape()
    if kind == "musepack":
        return _musepack_8()
    return encoded({"wavpack": ".wv", "tta": ".tta"}[kind]).partition(b"APETAGEX")[0]


def structures() -> Iterator[Structure]:
    """All of them."""
    for kind in KINDS:
        kept = (bare(kind),)
        for name, head, tail in (*_tails(), *(_heads() if kind in ("tta", "musepack") else ())):
            yield Structure(
                kind,
                name,
                partial(_file, kind, head, tail),
                kept=kept,
                # FFmpeg goes wrong in an unsynchronised tag; written, it is none any more.
                misread_by=("FFmpeg",) * ("unsync" in name),
                unseen_by=_blind(kind, head, tail),
                by_id3v1=_by_id3v1(kind, head, tail),
            )
        if kind != "wavpack":  # there FFmpeg takes the tag for the rest of the sound
            cut = partial(_cut, kind)
            yield Structure(kind, "cut in its sound", cut, unseen_by=_blind(kind, b"", cut()))
        front = ape_tags.tag(*ape_tags.names())
        yield Structure(
            kind,
            "APEv2 in front of the sound",
            partial(_file, kind, front, b""),
            "refused",
            "front|no audio format",
        )
    for kind in ("ape", "wavpack"):
        for name, head, tail in _heads():
            yield Structure(kind, name, partial(_file, kind, head, tail), "refused", "ID3")
    yield Structure("musepack", "version 7", _musepack_7)
    yield Structure(
        "musepack",
        "version 7 with APEv2 and ID3v1",
        lambda: _musepack_7() + ape_tags.tag(*ape_tags.names()) + id3v1(),
        by_id3v1=("FFmpeg",),
    )
    yield Structure(
        "ape", "APEv2 larger than the file", lambda: bare("ape")[:200] + _too_large(), "refused", "APEv2|tag"
    )
    yield Structure("ape", "a version from before 3.98", _old_ape)


def _blind(kind: str, head: bytes, tail: bytes) -> tuple[str, ...]:
    """In True Audio FFmpeg alone looks for APEv2; where there is no ID3v2, that is what is written.

    In Monkey's Audio FFmpeg finds APEv2 at the very end alone, and takes no look at ID3v1.
    """
    if kind == "ape":
        return ("FFmpeg",) if _has_id3v1(tail) else ()
    return ("mutagen", "TagLib") if kind == "tta" and b"APETAGEX" in tail and not head else ()


def _by_id3v1(kind: str, head: bytes, tail: bytes) -> tuple[str, ...]:
    """Where there is an ID3v1 block, FFmpeg shows that and nothing else.

    So do those who never look for APEv2, and TagLib, which finds none in front of Lyrics3.
    """
    if not _has_id3v1(tail):
        return ()
    if kind == "tta":
        return (*_blind(kind, head, tail), "FFmpeg")
    of_ffmpeg = () if kind == "ape" else ("FFmpeg",)
    return ("TagLib", *of_ffmpeg) if b"LYRICS" in tail else of_ffmpeg


def _has_id3v1(tail: bytes) -> bool:
    return tail[-128:].startswith(b"TAG")


def _file(kind: str, head: bytes, tail: bytes) -> bytes:
    return head + bare(kind) + tail


def _cut(kind: str) -> bytes:
    return bare(kind)[:-40] + ape_tags.tag(*ape_tags.names())


def _tails() -> Iterator[tuple[str, bytes, bytes]]:
    own, item, ape = ape_tags.names(), ape_tags.item, ape_tags.tag
    for name, tail in {
        "no tags": b"",
        "APEv2": ape(*own),
        "APEv2 with a genre": ape(*own, item("Genre", "Polka")),
        "APEv2 with a genre in capitals": ape(*own, item("GENRE", "Polka")),
        "APEv2 with two genres": ape(*own, item("Genre", "Polka\0Waltz")),
        "APEv2 with a genre twice": ape(item("Genre", "Polka"), *own, item("genre", "Waltz")),
        "APEv2 with an empty genre": ape(*own, item("Genre", "")),
        "APEv2 with a picture": ape(*own, item("Cover Art (Front)", b"c.png\0" + PICTURE, 1)),
        "APEv2 without a header": ape(*own, header=False),
        "APEv1": ape(*own, header=False, version=1000),
        "APEv2 without items": ape(),
        "APEv2 with a stale count of items": ape(*own, count=9),
        "APEv2 with too low a count of items": ape(*own, count=2),
        "APEv2 with zeros behind its items": ape(*own, slack=bytes(200)),
        "APEv2 with an item of no key": ape(*own, item("", "nothing")),
        "APEv2 with a key of one letter": ape(*own, item("X", "one")),
        "APEv2 with a key that is no ASCII": ape(*own, item("Größe", "one")),
        "APEv2 with a text in Latin-1": ape(*own, item("Comment", b"M\xfcller")),
        "APEv2 and ID3v1": ape(*own) + id3v1(),
        "APEv2 with a genre and ID3v1 with another": ape(*own, item("Genre", "Polka")) + id3v1(),
        "APEv2, Lyrics3 and ID3v1": ape(*own) + lyrics3_tag() + id3v1(),
        "ID3v1 alone": id3v1(),
        "ID3v1 alone with a comment": id3v1(comment=b"my comment", genre=8),
        "zeros behind": bytes(300),
        "APEv2 and zeros behind it": ape(*own) + bytes(64),
    }.items():
        yield name, b"", tail


def _heads() -> Iterator[tuple[str, bytes, bytes]]:
    yield "ID3v2 in front", tag(3, names(3)), b""
    yield "ID3v2 with a genre in front", tag(4, names(4), genre(4, "Polka")), b""
    yield "ID3v2 in front, APEv2 behind", tag(3, names(3)), ape_tags.tag(*ape_tags.names())
    both = ape_tags.tag(*ape_tags.names(), ape_tags.item("Genre", "Waltz"))
    yield "ID3v2 and APEv2, each with a genre", tag(3, names(3), genre(3, "Polka")), both
    yield "ID3v2 in front, ID3v1 behind", tag(3, names(3)), id3v1()
    yield "ID3v2 unsynchronised in front", tag(3, id3_tags.unsynchronised(names(3)), flags=0x80), b""


def _silent_ape() -> bytes:
    """A frame marked as silence: the one sound that can be written without an encoder."""
    frame = struct.pack("<2I", 0x80000000, 3) + bytes(64)
    table = struct.pack("<I", 52 + 24 + 4)
    descriptor = b"MAC " + struct.pack("<2H7I", 3990, 0, 52, 24, len(table), 0, len(frame), 0, 0) + bytes(16)
    header = struct.pack("<2H3I2HI", 2000, 0x20, 73_728, RATE // 2, 1, 16, 2, RATE)
    return descriptor + header + table + frame


def _old_ape() -> bytes:
    header = b"MAC " + struct.pack("<4HI", 3970, 2000, 0x20, 2, RATE) + struct.pack("<4I", 0, 0, 1, RATE // 2)
    return header + struct.pack("<I", 36) + noise(2000) + ape_tags.tag(*ape_tags.names())


def _musepack_8() -> bytes:
    def packet(key: bytes, content: bytes) -> bytes:
        return key + bytes((0x80 | (len(content) + 4) >> 7, (len(content) + 4) & 0x7F)) + content

    head = bytes(4) + b"\x08" + bytes((0x81, 0x80, 0x00)) + b"\0" + bytes((0x02, 0x18))
    gain = packet(b"RG", b"\1" + bytes(8))
    sound = b"".join(packet(b"AP", noise(400)) for _ in range(8))
    return b"MPCK" + packet(b"SH", head) + gain + packet(b"EI", b"\x50\1\x1e\0") + sound + packet(b"SE", b"")


def _musepack_7() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return make_handmade(Path(folder) / "song.mpc").read_bytes()


def _too_large() -> bytes:
    return b"APETAGEX" + struct.pack("<4I", 2000, 90_000, 3, 0x80000000) + bytes(8)
