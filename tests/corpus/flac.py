"""FLAC: metadata blocks in every order, missing, doubled and odd, and other tags around them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache, partial

from mutagen.flac import Picture

from tests.corpus import ape_tags
from tests.corpus.id3_tags import genre, id3v1, names, tag
from tests.corpus.sound import encoded
from tests.corpus.structure import Structure
from tests.tags.dressing import PICTURE

STREAMINFO, PADDING, APPLICATION, SEEKTABLE, COMMENTS, CUESHEET, PICTURES = range(7)
NAMES = ("TITLE=A title", "ARTIST=Än artist", "ALBUM=An album")
Block = tuple[int, bytes]


def comments(*entries: str | bytes, vendor: bytes = b"made by hand") -> bytes:
    """A Vorbis comment block's content."""
    out = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(entries))
    for entry in entries:
        raw = entry.encode("utf-8") if isinstance(entry, str) else entry
        out += struct.pack("<I", len(raw)) + raw
    return out


def picture(size: int = 1) -> bytes:
    """A picture block's content: a cover of 3 kB times `size`."""
    made = Picture()
    made.type, made.mime, made.data = 3, "image/png", PICTURE * size
    raw: bytes = made.write()
    return raw


@cache
def stream() -> tuple[bytes, bytes]:
    """The stream information, and the audio frames, of a second of sound."""
    data = encoded(".flac")
    position, info, is_last = 4, b"", False
    while not is_last:
        is_last, size = bool(data[position] & 0x80), int.from_bytes(data[position + 1 : position + 4], "big")
        info = info or data[position + 4 : position + 4 + size]
        position += 4 + size
    return info, data[position:]


def flac(*blocks: Block, info: bytes | None = None, head: bytes = b"", tail: bytes = b"") -> bytes:
    """A file of these blocks behind the stream information."""
    streaminfo, frames = stream()
    return head + b"fLaC" + joined([(STREAMINFO, info or streaminfo), *blocks]) + frames + tail


def joined(blocks: Sequence[Block]) -> bytes:
    """The blocks with their headers."""
    out = b""
    for i, (kind, content) in enumerate(blocks):
        last = 0x80 if i == len(blocks) - 1 else 0
        out += bytes((kind | last,)) + len(content).to_bytes(3, "big") + content
    return out


def structures() -> Iterator[Structure]:
    """All of them."""
    for name, blocks in _blocks().items():
        kept = tuple(content for kind, content in blocks if kind not in (COMMENTS, PADDING))
        yield Structure("flac", name, partial(flac, *blocks), kept=(*kept, stream()[1]))
    for name, head, blocks, tail in _surrounded():
        yield Structure("flac", name, partial(flac, *blocks, head=head, tail=tail), kept=(stream()[1],))
    yield from _damaged()


def _blocks() -> dict[str, list[Block]]:
    text = comments(*NAMES)
    seek_table = struct.pack(">QQH", 0, 0, 4608) + struct.pack(">QQH", 2**64 - 1, 0, 0) * 4
    return {
        "no blocks but the first": [],
        "padding alone": [(PADDING, bytes(4000))],
        "comments": [(COMMENTS, text)],
        "comments with a genre": [(COMMENTS, comments(*NAMES, "GENRE=Polka"))],
        "comments and padding": [(COMMENTS, text), (PADDING, bytes(4000))],
        "padding in front of the comments": [(PADDING, bytes(4000)), (COMMENTS, text)],
        "padding twice": [(COMMENTS, text), (PADDING, bytes(50)), (PADDING, bytes(900))],
        "padding of no length": [(COMMENTS, text), (PADDING, b"")],
        "comments of no entries": [(COMMENTS, comments())],
        "comments without a vendor": [(COMMENTS, comments(*NAMES, vendor=b""))],
        "comments with a vendor in Latin-1": [(COMMENTS, comments(*NAMES, vendor=b"M\xfcller"))],
        "comments with two genres": [(COMMENTS, comments(*NAMES, "GENRE=Polka", "Genre=Waltz"))],
        "comments with an empty genre": [(COMMENTS, comments(*NAMES, "GENRE="))],
        "comments with a genre in small letters": [(COMMENTS, comments("genre=Polka", *NAMES))],
        "comments with an empty title": [(COMMENTS, comments("TITLE=", "ARTIST=Some"))],
        "comments with several artists": [(COMMENTS, comments(*NAMES, "ARTIST=Another"))],
        "comments with an entry without =": [(COMMENTS, comments(*NAMES, "lonely"))],
        "comments with an entry in Latin-1": [(COMMENTS, comments(*NAMES, b"COMMENT=M\xfcller"))],
        "comments with a name that is no ASCII": [(COMMENTS, comments(*NAMES, "GRÖSSE=one"))],
        "comments with a long entry": [(COMMENTS, comments(*NAMES, "LYRICS=" + "la " * 50_000))],
        "comments with a picture in them": [(COMMENTS, comments(*NAMES, "METADATA_BLOCK_PICTURE=AAAA"))],
        "comments with two genres in one": [(COMMENTS, comments(*NAMES, "GENRE=Rock; Folk"))],
        "comments with a placeholder for a genre": [(COMMENTS, comments(*NAMES, "GENRE=Unknown"))],
        "padding of 300 kB": [(COMMENTS, text), (PADDING, bytes(300_000))],
        "two comment blocks": [(COMMENTS, text), (COMMENTS, comments("TITLE=Another"))],
        "two comment blocks, each with a genre": [
            (COMMENTS, comments(*NAMES, "GENRE=Polka")),
            (COMMENTS, comments("TITLE=Another", "GENRE=Waltz")),
        ],
        "two comment blocks, the genre in the second": [
            (COMMENTS, text),
            (COMMENTS, comments("GENRE=Waltz")),
        ],
        "comments behind pictures": [(PICTURES, picture()), (COMMENTS, text), (PADDING, bytes(100))],
        "two pictures": [(COMMENTS, text), (PICTURES, picture()), (PICTURES, picture(2))],
        "a picture of 400 kB": [(COMMENTS, text), (PICTURES, picture(130))],
        "a seek table": [(SEEKTABLE, seek_table), (COMMENTS, text)],
        "a cue sheet": [(CUESHEET, _cue_sheet()), (COMMENTS, text)],
        "an application block": [(APPLICATION, b"riff" + bytes(80)), (COMMENTS, text)],
        "a block of a reserved type": [(COMMENTS, text), (60, b"something new")],
    }


def _surrounded() -> Iterator[tuple[str, bytes, list[Block], bytes]]:
    text, id3 = comments(*NAMES), tag(3, names(3))
    yield "ID3v2 in front, no comments", id3, [], b""
    yield "ID3v2 with a genre in front, no comments", tag(4, names(4), genre(4, "Polka")), [], b""
    yield "ID3v2 in front, comments without entries", id3, [(COMMENTS, comments())], b""
    yield "ID3v2 in front, comments", id3, [(COMMENTS, text)], b""
    yield (
        "ID3v2 and comments, each with a genre",
        tag(3, names(3), genre(3, "Polka")),
        [(COMMENTS, comments(*NAMES, "GENRE=Waltz"))],
        b"",
    )
    yield (
        "ID3v2 with a genre in front, comments without",
        tag(3, names(3), genre(3, "Polka")),
        [(COMMENTS, text)],
        b"",
    )
    yield "ID3v2 of padding in front", tag(3, padding=500), [(COMMENTS, text)], b""
    yield "ID3v1 behind, comments", b"", [(COMMENTS, text)], id3v1()
    yield "ID3v1 behind, no comments", b"", [], id3v1()
    yield "ID3v2 in front, ID3v1 behind, no comments", id3, [], id3v1()
    yield (
        "APEv2 behind",
        b"",
        [(COMMENTS, text)],
        ape_tags.tag(*ape_tags.names(), ape_tags.item("Genre", "Pop")),
    )
    yield "zeros behind", b"", [(COMMENTS, text)], bytes(2000)
    yield "garbage behind", b"", [(COMMENTS, text)], b"RUBBISH!" * 50


def _damaged() -> Iterator[Structure]:
    text = comments(*NAMES)
    info, frames = stream()
    no_length = bytearray(info)
    no_length[13] &= 0xF0
    no_length[14:18] = bytes(4)
    yield Structure(
        "flac",
        "number of samples unknown",
        partial(flac, (COMMENTS, text), info=bytes(no_length)),
        kept=(frames,),
    )
    yield Structure(
        "flac", "no MD5", partial(flac, (COMMENTS, text), info=info[:18] + bytes(16)), kept=(frames,)
    )
    yield Structure(
        "flac", "zeros in front", lambda: bytes(64) + flac((COMMENTS, text)), "refused", "no audio"
    )
    yield Structure("flac", "cut in its sound", lambda: flac((COMMENTS, text))[:-5000])
    yield Structure("flac", "a block longer than it says", lambda: _longer_picture(text), "refused", "FLAC")
    yield Structure(
        "flac",
        "cut in its blocks",
        lambda: flac((COMMENTS, text), (PICTURES, picture()))[:2000],
        "refused",
        "FLAC|cut|end",
    )
    yield Structure(
        "flac",
        "comments that reach over their block",
        lambda: flac((COMMENTS, text[:-4])),
        "refused",
        "comment|FLAC",
    )


def _longer_picture(text: bytes) -> bytes:
    """As some taggers wrote it: the block is longer than three bytes can say."""
    content = picture()
    data = flac((COMMENTS, text), (PICTURES, content))
    return data.replace(content, content + bytes(300))


def _cue_sheet() -> bytes:
    track = struct.pack(">QB12sB13xB", 0, 1, b"", 0, 1) + struct.pack(">QB3x", 0, 1)
    lead_out = struct.pack(">QB12sB13xB", 44100, 170, b"", 0, 0)
    return b"1234567890123".ljust(128, b"\0") + struct.pack(">QB258xB", 88200, 0x80, 2) + track + lead_out
