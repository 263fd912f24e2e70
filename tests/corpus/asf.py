"""ASF (WMA): the header's objects, the four places for attributes, and what readers trip over."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache, partial
from uuid import UUID

from tests.corpus.id3_tags import id3v1
from tests.corpus.sound import encoded, film, remuxed
from tests.corpus.structure import Build, Structure

CONTENT = UUID("75b22633-668e-11cf-a6d9-00aa0062ce6c").bytes_le
EXTENDED = UUID("d2d0a440-e307-11d2-97f0-00a0c95ea850").bytes_le
METADATA = UUID("c5f8cbea-5baf-4877-8467-aa8c44fa4cca").bytes_le
LIBRARY = UUID("44231c94-9498-49d1-a141-1d134e457054").bytes_le
PADDING = UUID("1806d474-cadf-4509-a4ba-9aabcb96aae8").bytes_le
EXTENSION = UUID("5fbf03b5-a92e-11cf-8ee3-00c00c205365").bytes_le
PROPERTIES = UUID("8cabdca1-a947-11cf-8ee4-00c00c205365").bytes_le
ENCRYPTION = UUID("2211b3fb-bd23-11d2-b4b7-00a0c955fc6e").bytes_le
UNKNOWN = UUID("12345678-1234-5678-1234-567812345678").bytes_le
_EXTENSION_HEAD = UUID("abd3d211-a9ba-11cf-8ee6-00c00c205365").bytes_le + struct.pack("<H", 6)
Item = tuple[bytes, bytes]


def wide(text: str) -> bytes:
    """A text as ASF has it: UTF-16 with a null at its end."""
    return text.encode("utf-16-le") + b"\0\0"


def item(guid: bytes, content: bytes) -> bytes:
    """An object."""
    return guid + struct.pack("<Q", 24 + len(content)) + content


def content_description(title: str = "A title", artist: str = "Än artist") -> Item:
    """Title and artist in their own object."""
    texts = [wide(title), wide(artist), b"", wide("a remark"), b""]
    return CONTENT, struct.pack("<5H", *map(len, texts)) + b"".join(texts)


def extended(*pairs: tuple[str, str]) -> Item:
    """Attributes of the whole file."""
    out = struct.pack("<H", len(pairs))
    for name, value in pairs:
        out += (
            struct.pack("<H", len(wide(name)))
            + wide(name)
            + struct.pack("<2H", 0, len(wide(value)))
            + wide(value)
        )
    return EXTENDED, out


def attribute(name: str, value: str | bool, stream: int = 0, language: int = 0) -> bytes:
    """An attribute of a stream or in a language."""
    kind, raw = (2, struct.pack("<H", value)) if isinstance(value, bool) else (0, wide(value))
    return struct.pack("<4HI", language, stream, len(wide(name)), kind, len(raw)) + wide(name) + raw


def attributes(guid: bytes, *made: bytes) -> bytes:
    """An object of such attributes, for the header's extension."""
    return item(guid, struct.pack("<H", len(made)) + b"".join(made))


@cache
def plain() -> tuple[tuple[Item, ...], bytes]:
    """The objects of the header that the encoder wrote but for those with tags, and what follows."""
    data = encoded(".wma")
    size, count = struct.unpack("<QI", data[16:28])
    found, position = [], 30
    for _ in range(count):
        (length,) = struct.unpack("<Q", data[position + 16 : position + 24])
        found.append((data[position : position + 16], data[position + 24 : position + length]))
        position += length
    kept = tuple(pair for pair in found if pair[0] not in (CONTENT, EXTENDED, EXTENSION))
    return kept, data[size:]


def asf(*objects: Item, inner: bytes | None = b"", front: tuple[Item, ...] = ()) -> bytes:
    """A file with more objects in its header; `inner` is what its extension holds, None for none."""
    base, rest = plain()
    extension = (
        () if inner is None else ((EXTENSION, _EXTENSION_HEAD + struct.pack("<I", len(inner)) + inner),)
    )
    made = [*front, *base, *extension, *objects]
    body = b"".join(item(guid, content) for guid, content in made)
    head = encoded(".wma")[:16] + struct.pack("<QI2B", 30 + len(body), len(made), 1, 2) + body
    return _with_size(head + rest)


def _with_size(data: bytes) -> bytes:
    """The file properties hold the size of the whole file."""
    at = data.index(PROPERTIES) + 24 + 16
    return data[:at] + struct.pack("<Q", len(data)) + data[at + 8 :]


def structures() -> Iterator[Structure]:
    """All of them."""
    for name, build in _made().items():
        yield Structure("asf", name, build, kept=(plain()[1][:5000],))
    yield Structure("asf", "as encoded", partial(encoded, ".wma"))
    yield Structure(
        "asf",
        "FFmpeg's tags",
        partial(remuxed, encoded(".wma"), "asf", None, {"title": "A title", "genre": "Polka"}),
    )
    yield Structure("asf", "a film", partial(film, "asf", "msmpeg4", "wmav2"))
    yield Structure("asf", "ID3v1 behind", lambda: asf(content_description()) + id3v1(genre=255))
    yield Structure("asf", "cut in its sound", lambda: asf(content_description())[:-3000])
    yield Structure(
        "asf", "cut in its header", lambda: asf(content_description())[:200], "refused", "ASF|WMA|cut|end"
    )
    yield Structure("asf", "an object longer than the header", _too_long, "refused", "ASF|end")


def _made() -> dict[str, Build]:
    text = content_description()
    vbr = attributes(METADATA, attribute("IsVBR", True, 1), attribute("IsVBR", False, 2))
    return {
        "no tags": partial(asf),
        "no extension of the header": partial(asf, text, inner=None),
        "content description alone": partial(asf, text),
        "an album": partial(asf, text, extended(("WM/AlbumTitle", "An album"))),
        "a genre": partial(asf, text, extended(("WM/Genre", "Polka"))),
        "two genres": partial(asf, text, extended(("WM/Genre", "Polka"), ("WM/Genre", "Waltz"))),
        "a genre and its number": partial(asf, text, extended(("WM/Genre", "Polka"), ("WM/GenreID", "(75)"))),
        "two authors": partial(asf, text, extended(("Author", "Another"))),
        "two authors in the extended description": partial(
            asf, extended(("Author", "One"), ("Author", "Two"), ("Title", "A title"))
        ),
        "a title in both descriptions": partial(asf, text, extended(("Title", "A title"))),
        "attributes of streams": partial(asf, text, inner=vbr),
        "an attribute of the file and of streams": partial(asf, text, extended(("IsVBR", "yes")), inner=vbr),
        "an attribute of streams that is text": partial(
            asf,
            text,
            inner=attributes(
                METADATA,
                attribute("DeviceConformanceTemplate", "L3", 1),
                attribute("DeviceConformanceTemplate", "M1"),
            ),
        ),
        "a genre in the library": partial(
            asf, text, inner=attributes(LIBRARY, attribute("WM/Genre", "Polka"))
        ),
        "a genre in both places": partial(
            asf,
            text,
            extended(("WM/Genre", "Polka")),
            inner=attributes(LIBRARY, attribute("WM/Genre", "Waltz")),
        ),
        "a genre of a stream": partial(
            asf, text, inner=attributes(METADATA, attribute("WM/Genre", "Polka", 1))
        ),
        "a text in another language": partial(
            asf,
            text,
            inner=attributes(LIBRARY, attribute("WM/Mood", "fein", 0, 1), attribute("WM/Mood", "fine")),
        ),
        "padding": partial(asf, text, (PADDING, bytes(3000))),
        "padding in the extension": partial(asf, text, inner=item(PADDING, bytes(3000))),
        "an unknown object": partial(asf, text, (UNKNOWN, b"secret!" * 30)),
        "tags in front of the streams": partial(asf, front=(text, extended(("WM/AlbumTitle", "An album")))),
        "an extended description twice": partial(
            asf, text, extended(("WM/AlbumTitle", "An album")), extended(("WM/Mood", "fine"))
        ),
        "content encryption": partial(
            asf,
            text,
            (
                ENCRYPTION,
                struct.pack("<I", 4) + b"none" + struct.pack("<I", 4) + b"DRM\0" + struct.pack("<II", 0, 0),
            ),
        ),
    }


def _too_long() -> bytes:
    data = asf(content_description())
    at = data.index(CONTENT) + 16
    return data[:at] + struct.pack("<Q", 1 << 20) + data[at + 8 :]
