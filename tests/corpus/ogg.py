"""Ogg: Vorbis, Opus, Speex and FLAC streams, their comments laid out oddly, the pages damaged."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from io import BytesIO

from mutagen.ogg import OggPage

from tests.corpus.flac import COMMENTS, NAMES, PICTURES, comments, picture
from tests.corpus.id3_tags import genre, id3v1, names, tag
from tests.corpus.sound import encoded, remuxed
from tests.corpus.structure import Structure

Framing = tuple[bytes, bytes]  # what stands in front of the comments, and behind them
FRAMING: dict[str, Framing] = {
    "vorbis": (b"\x03vorbis", b"\x01"),
    "opus": (b"OpusTags", b""),
    "speex": (b"", b""),
    "ogg flac": (b"", b""),
}


@cache
def plain(kind: str) -> bytes:
    """A second of sound as the encoder left it."""
    if kind == "ogg flac":
        return remuxed(encoded(".flac"), "ogg")
    if kind == "speex":
        return speex()
    return encoded({"vorbis": ".ogg", "opus": ".opus"}[kind])


def speex() -> bytes:
    """Narrowband frames of random parameters, 300 bits each: a noise, and a valid one."""
    header = (
        b"Speex   "
        + b"1.2".ljust(20, b"\0")
        + struct.pack("<13i", 1, 80, 8_000, 0, 4, 1, -1, 160, 0, 1, 0, 0, 0)
    )
    packets = [
        bytes((0b00101000 | i % 8, *((i * j * 37) % 256 for j in range(1, 37)), 0x5F)) for i in range(50)
    ]
    return laid_out([[header], [comments()], packets], 160 * len(packets))


def laid_out(groups: Sequence[Sequence[bytes]], length: int, serial: int = 4711) -> bytes:
    """The packets of each group on pages of their own; `length` is the last granule position."""
    pages: list[OggPage] = []
    for group in groups:
        pages += OggPage.from_packets(list(group), len(pages))
    for page in pages:
        page.serial, page.position = serial, 0
    pages[0].first, pages[-1].last, pages[-1].position = True, True, length
    return b"".join(page.write() for page in pages)


def pages_of(data: bytes) -> list[OggPage]:
    """The pages of a sound file."""
    file, found = BytesIO(data), []
    while file.tell() < len(data):
        found.append(OggPage(file))
    return found


def with_comments(kind: str, block: bytes, behind: bytes | None = None) -> bytes:
    """The plain file with another comment packet; `behind` ends it instead of what has to."""
    file = BytesIO(plain(kind))
    found = pages_of(plain(kind))
    first = found[1]
    old: list[OggPage] = [first]
    for page in found[2:]:
        if old[-1].complete or len(old[-1].packets) > 1:
            break
        old.append(page)
    packets = OggPage.to_packets(old)
    magic, end = FRAMING[kind]
    if kind == "ogg flac":
        packet = packets[0][:1] + len(block).to_bytes(3, "big") + block
    else:
        packet = magic + block + (end if behind is None else behind)
    new = OggPage.from_packets([packet, *packets[1:]], first.sequence)
    OggPage.replace(file, old, new)
    return file.getvalue()


def structures() -> Iterator[Structure]:
    """All of them."""
    for kind in FRAMING:
        yield Structure(kind, "as encoded", partial(plain, kind))
        for name, block in _comments().items():
            yield Structure(kind, name, partial(with_comments, kind, block))
        for name, damage in _DAMAGES.items():
            yield Structure(kind, name, partial(_damaged, kind, damage))
        yield Structure(
            kind,
            "a damaged page of comments",
            partial(_damaged, kind, _bad_comment_page),
            "refused",
            "damaged",
        )
        yield Structure(
            kind,
            "comments that reach over their packet",
            partial(with_comments, kind, comments(*NAMES)[:-6]),
            "refused",
            "comment|damaged",
        )
    yield from _opus()
    yield from _ogg_flac()
    yield Structure(
        "vorbis", "comments without their last bit", _comments_without_framing, "refused", "comment|damaged"
    )
    yield Structure("vorbis", "a Skeleton stream beside the sound", _with_skeleton)


def _comments() -> dict[str, bytes]:
    return {
        "comments": comments(*NAMES),
        "comments with a genre": comments(*NAMES, "GENRE=Polka"),
        "comments with two genres": comments("Genre=Polka", *NAMES, "GENRE=Waltz"),
        "comments with an empty genre": comments(*NAMES, "GENRE="),
        "comments with an entry without =": comments(*NAMES, "lonely"),
        "comments with an entry in Latin-1": comments(*NAMES, b"COMMENT=M\xfcller"),
        "comments on several pages": comments(*NAMES, "LYRICS=" + "la " * 50_000),
    }


Damage = Callable[[bytes], bytes]


def _damaged(kind: str, damage: Damage) -> bytes:
    return damage(with_comments(kind, comments(*NAMES)))


def _bad_page(number: int) -> Damage:
    def damage(data: bytes) -> bytes:
        page = pages_of(data)[number]
        end = (page.offset or 0) + page.size - 3
        return data[:end] + bytes((data[end] ^ 0x55,)) + data[end + 1 :]

    return damage


def _bad_comment_page(data: bytes) -> bytes:
    return _bad_page(1)(data)


def _bad_sum(data: bytes) -> bytes:
    """The sound is whole, but the last page's checksum is zero: not every muxer wrote one."""
    at = pages_of(data)[-1].offset or 0
    return data[: at + 22] + bytes(4) + data[at + 26 :]


def _chained(data: bytes) -> bytes:
    second = b""
    for page in pages_of(data):
        page.serial += 1
        second += page.write()
    return data + second


def _without_end(data: bytes) -> bytes:
    pages = pages_of(data)
    pages[-1].last = False
    return b"".join(page.write() for page in pages)


def _parted(data: bytes) -> bytes:
    """The comments and what follows them before the sound, each on pages of its own."""
    first, *rest = pages_of(data)
    heads = [page for page in rest if page.position == 0]
    made = [first]
    for packet in OggPage.to_packets(heads):
        made += OggPage.from_packets([packet], len(made))
        made[-1].serial, made[-1].position = first.serial, 0
    for page in rest[len(heads) :]:
        page.sequence = len(made)
        made.append(page)
    return b"".join(page.write() for page in made)


def _with_gap(data: bytes) -> bytes:
    pages = pages_of(data)
    for page in pages[-1:]:
        page.sequence += 7
    return b"".join(page.write() for page in pages)


_DAMAGES: dict[str, Damage] = {
    "zeros behind the last page": lambda data: data + bytes(4096),
    "one zero behind the last page": lambda data: data + b"\0",
    "ID3v1 behind the last page": lambda data: data + id3v1(genre=255),
    "garbage behind the last page": lambda data: data + b"RUBBISH!" * 40,
    "cut in its last page": lambda data: data[:-60],
    "a damaged last page": _bad_page(-1),
    "a last page without a checksum": _bad_sum,
    "two songs, one behind the other": _chained,
    "no page marked as the last": _without_end,
    "each header on a page of its own": _parted,
    "a gap in the page numbers": _with_gap,
    "ID3v2 in front": lambda data: tag(3, names(3)) + data,
    "ID3v2 with a genre in front": lambda data: tag(3, names(3), genre(3, "Polka")) + data,
}


def _comments_without_framing() -> bytes:
    return with_comments("vorbis", comments(*NAMES), b"")


def _with_skeleton() -> bytes:
    """A Skeleton stream beside the sound, as some muxers put it there."""
    first, *rest = pages_of(with_comments("vorbis", comments(*NAMES)))
    head = OggPage()
    head.packets, head.serial, head.first = [b"fishead\0" + struct.pack("<2H", 3, 0) + bytes(52)], 99, True
    end = OggPage()
    end.packets, end.serial, end.sequence, end.last = [b""], 99, 1, True
    pages = [head, first, *rest[:2], end, *rest[2:]]
    return b"".join(page.write() for page in pages)


def _opus() -> Iterator[Structure]:
    block = comments(*NAMES, "R128_TRACK_GAIN=-500")
    yield Structure("opus", "comments and padding", partial(with_comments, "opus", block, bytes(500)))
    yield Structure(
        "opus",
        "comments and bytes that are to be kept",
        partial(with_comments, "opus", block, b"\1binary" * 9),
        kept=(b"\1binary" * 9,),
    )


def _ogg_flac() -> Iterator[Structure]:
    yield Structure("ogg flac", "a picture block", _flac_with_picture, kept=(picture(),))
    yield Structure("ogg flac", "a number of header packets of zero", _flac_without_count)


def _flac_with_picture() -> bytes:
    pages = pages_of(with_comments("ogg flac", comments(*NAMES)))
    head = pages[0].packets[0]
    count = int.from_bytes(head[7:9], "big")
    first = head[:7] + (count + 1).to_bytes(2, "big") + head[9:]
    block = bytes((COMMENTS,)) + pages[1].packets[0][1:]
    image = picture()
    last = bytes((PICTURES | 0x80,)) + len(image).to_bytes(3, "big") + image
    return _flac_laid_out([first], [block, *pages[1].packets[1:]], [last], pages)


def _flac_without_count() -> bytes:
    pages = pages_of(with_comments("ogg flac", comments(*NAMES)))
    head = pages[0].packets[0]
    return _flac_laid_out([head[:7] + bytes(2) + head[9:]], pages[1].packets, [], pages)


def _flac_laid_out(
    first: list[bytes], second: list[bytes], third: list[bytes], pages: list[OggPage]
) -> bytes:
    made = [*OggPage.from_packets(first), *OggPage.from_packets(second + third, 1)]
    for page in made:
        page.serial, page.position = pages[0].serial, 0
    made[0].first = True
    for number, page in enumerate(pages[2:], len(made)):
        page.sequence = number
        made.append(page)
    return b"".join(page.write() for page in made)
