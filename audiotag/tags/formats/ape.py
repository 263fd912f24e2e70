"""What stands behind the audio: APEv2 tags, Lyrics3 and ID3v1, and the genre in the APEv2 tag.

mutagen drops an ID3v1 block when it saves an APEv2 tag. Here the items are cut apart without
looking into them and every other byte is kept.
https://wiki.hydrogenaud.io/index.php?title=APEv2_specification describes the format.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from audiotag.tags.change import OWN_TEXTS, PLACE, Change
from audiotag.tags.formats import id3, id3v1
from audiotag.tags.formats.id3 import V1_SIZE
from audiotag.tags.formats.spans import read_at, replace_span, size_of

PREAMBLE = b"APETAGEX"
_PREAMBLE_SIZE, _ITEM_HEAD = 32, 8
_HAS_HEADER, _IS_HEADER = 1 << 31, 1 << 29
# The place in which an ID3v1 block says a genre, by its number.
V1_GENRE = PLACE + "ID3v1"
_OURS = frozenset({"genre", *(name.lower() for name in OWN_TEXTS)})
_BINARY = 1  # of an item's kinds: text, binary, a link
_LYRICS_SIZE = 15  # six digits and "LYRICS200"
# An ID3v2 tag behind the audio should have a footer, by which it is found; else so much is searched.
_ID3_FOOTER, _ID3_WINDOW = b"3DI", 1 << 16
_LYRICS_V1_LIMIT = 5100 + 20  # Lyrics3 v1: at most 5,100 bytes of text between its two ends


@dataclass(frozen=True)
class Block:
    """One tag beside the audio, from `start` up to `end`: "ape", "lyrics", "id3v1" or "id3"."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Item:
    """One APEv2 item: its key and all its bytes."""

    key: bytes
    raw: bytes

    @property
    def name(self) -> str:
        """The key in small letters: keys are compared without case."""
        return self.key.lower().decode("latin-1")

    @property
    def is_odd(self) -> bool:
        """Whether the format does not allow this key."""
        return not 2 <= len(self.key) <= 255 or not all(0x20 <= byte <= 0x7E for byte in self.key)

    @property
    def is_ours(self) -> bool:
        """Whether this is the genre or one of audiotag's own texts."""
        return self.name in _OURS


@dataclass(frozen=True)
class Tag:
    """An APEv2 tag cut into items; `flags` are its footer's.

    rest: what lies behind the items that the tag says it has, and no reader looks at.
    """

    version: int = 2000
    flags: int = _HAS_HEADER
    items: tuple[Item, ...] = ()
    rest: bytes = b""


def blocks_at_end(file: BinaryIO) -> tuple[Block, ...]:
    """The tags behind the audio, in the order of the file; each kind at most once."""
    end = size_of(file)
    found: list[Block] = []
    finders = {"id3v1": _v1_start, "lyrics": _lyrics_start, "ape": _ape_start, "id3": _id3_start}
    while finders:
        starts = ((kind, find(file, end)) for kind, find in finders.items())
        kind, start = next(((k, s) for k, s in starts if s is not None), ("", None))
        if start is None:
            break
        found.insert(0, Block(kind, start, end))
        end = start
        del finders[kind]
    return tuple(found)


def payload_end(file: BinaryIO) -> int:
    """Where the audio ends and the tags behind it begin."""
    blocks = blocks_at_end(file)
    return blocks[0].start if blocks else size_of(file)


def read_tail(file: BinaryIO) -> Tag:
    """The APEv2 tag behind the audio; an empty one where there is none.

    Where it has no item, what an ID3v1 block behind it says: readers show that only until there is one.
    ValueError where its items do not add up.
    """
    block = _ape_block(file)
    tag = parse(read_at(file, block.start, block.end - block.start)) if block else Tag()
    if tag.items:
        return tag
    said = id3v1.fields(_v1_block(file) or bytes(id3v1.SIZE))
    return replace(tag, items=tuple(_text(name.encode("ascii"), [text]) for name, text in said.items()))


def excerpt(file: BinaryIO) -> bytes:
    """The tag in the form that mutagen expects: without odd keys, its texts in UTF-8."""
    tag = read_tail(file)
    items = tuple(_readable(item) for item in tag.items if not item.is_odd)
    return render(Tag(items=items))


def _readable(item: Item) -> Item:
    flags = item.raw[4:_ITEM_HEAD]
    value = item.raw[_ITEM_HEAD + len(item.key) + 1 :]
    if int.from_bytes(flags, "little") >> 1 & 3 == _BINARY:
        return item
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        value = value.decode("latin-1").encode("utf-8")
    return Item(item.key, struct.pack("<I", len(value)) + flags + item.key + b"\0" + value)


def write_tail(file: BinaryIO, change: Change) -> None:
    """Carry out a change in the APEv2 tag behind the audio; what stands behind it moves along."""
    block = _ape_block(file)
    if block is None:
        # An ID3v1 block has to stay the very last.
        start = payload_end(file)
        block = Block("ape", start, start)
    tag = read_tail(file)
    number = change.elsewhere_of(V1_GENRE, (str(id3v1.number_of(change.genres)),))
    has_v1 = _v1_block(file) is not None
    replace_span(file, block.start, block.end - block.start, render(with_change(tag, change)))
    if has_v1 and number:
        file.seek(size_of(file) - 1)
        file.write(bytes((int(number[0]),)))


def with_change(tag: Tag, change: Change) -> Tag:
    """The tag with the values that `change` names and all its other items."""
    for key, values in (("Genre", change.genres), *change.texts.items()):
        tag = _with_values(tag, key, values)
    return tag


def _with_values(tag: Tag, key: str, values: Sequence[str]) -> Tag:
    """An item of these values where the first such was, at the end if there was none."""
    name = key.lower()
    items = [item for item in tag.items if item.name != name]
    if values:
        raw_key = next((item.key for item in tag.items if item.name == name), key.encode("ascii"))
        # FFmpeg reads no further than to a key that is not allowed.
        first = next((i for i, item in enumerate(tag.items) if item.name == name or item.is_odd), len(items))
        items.insert(first, _text(raw_key, values))
    return replace(tag, items=tuple(items))


def _text(key: bytes, values: Sequence[str]) -> Item:
    value = "\0".join(values).encode("utf-8")
    return Item(key, struct.pack("<2I", len(value), 0) + key + b"\0" + value)


def parse(data: bytes) -> Tag:
    """Cut a whole tag, with its footer and perhaps a header, into items.

    It may say that it has more items than there are, or fewer: readers see no more than it says.
    """
    version, size, count, flags = struct.unpack("<4I", data[-24:-8])
    position, end = len(data) - size, len(data) - _PREAMBLE_SIZE
    items = []
    for _ in range(count):
        if position == end:
            break
        if end - position < _ITEM_HEAD:
            raise ValueError("its APEv2 tag is damaged: its items do not fill it")
        length, _flags = struct.unpack_from("<2I", data, position)
        key_end = data.find(b"\0", position + _ITEM_HEAD, end)
        item_end = key_end + 1 + length
        if key_end < 0 or item_end > end:
            raise ValueError("its APEv2 tag is damaged: an item reaches over the end")
        items.append(Item(data[position + 8 : key_end], data[position:item_end]))
        position = item_end
    return Tag(version, flags & ~_IS_HEADER, tuple(items), data[position:end])


def render(tag: Tag) -> bytes:
    """The whole tag as bytes; nothing at all for a tag without items."""
    if not tag.items and not tag.rest:
        return b""
    body = b"".join(item.raw for item in tag.items) + tag.rest
    counts = struct.pack("<3I", tag.version, len(body) + _PREAMBLE_SIZE, len(tag.items))
    footer = PREAMBLE + counts + struct.pack("<I", tag.flags) + bytes(8)
    if not tag.flags & _HAS_HEADER:
        return body + footer
    return PREAMBLE + counts + struct.pack("<I", tag.flags | _IS_HEADER) + bytes(8) + body + footer


def _ape_block(file: BinaryIO) -> Block | None:
    return next((block for block in blocks_at_end(file) if block.kind == "ape"), None)


def _ape_start(file: BinaryIO, end: int) -> int | None:
    if end < _PREAMBLE_SIZE:
        return None
    footer = read_at(file, end - _PREAMBLE_SIZE, _PREAMBLE_SIZE)
    if not footer.startswith(PREAMBLE):
        return None
    size, _count, flags = struct.unpack("<3I", footer[12:24])
    start = end - int(size)
    if start < 0 or size < _PREAMBLE_SIZE:
        raise ValueError("its APEv2 tag is damaged: it is larger than the file")
    # Where the header that it says it has is not there, audio is.
    header = start - _PREAMBLE_SIZE
    has_header = flags & _HAS_HEADER and header >= 0 and read_at(file, header, 8) == PREAMBLE
    return header if has_header else start


def texts(item: Item) -> tuple[str, ...]:
    """An item's values; none where it holds anything but text."""
    _length, flags = struct.unpack_from("<2I", item.raw)
    if flags >> 1 & 3:
        return ()
    value = item.raw[8 + len(item.key) + 1 :].decode("utf-8", "replace")
    return tuple(text for text in value.split("\0") if text)


def _id3_start(file: BinaryIO, end: int) -> int | None:
    """Where an ID3v2 tag starts that ends at `end`."""
    window = read_at(file, max(0, end - _ID3_WINDOW), min(end, _ID3_WINDOW))
    footer = window[-id3.HEADER_SIZE :]
    if footer.startswith(_ID3_FOOTER):
        start = end - id3.length_of(b"ID3" + footer[3:])
        return start if start > 0 and id3.length_at(file, start) == end - start else None
    at = len(window)
    while (at := window.rfind(b"ID3", 0, at)) >= 0:
        start = end - len(window) + at
        if start > 0 and id3.length_at(file, start) == end - start:
            return start
    return None


def _v1_block(file: BinaryIO) -> bytes | None:
    start = _v1_start(file, size_of(file))
    return None if start is None else read_at(file, start, V1_SIZE)


def _v1_start(file: BinaryIO, end: int) -> int | None:
    start = end - V1_SIZE
    return start if start >= 0 and read_at(file, start, 3) == b"TAG" else None


def _lyrics_start(file: BinaryIO, end: int) -> int | None:
    if end < _LYRICS_SIZE:
        return None
    tail = read_at(file, end - _LYRICS_SIZE, _LYRICS_SIZE)
    if tail.endswith(b"LYRICS200") and tail[:6].isdigit():
        start = end - _LYRICS_SIZE - int(tail[:6])
        return start if start >= 0 and read_at(file, start, 11) == b"LYRICSBEGIN" else None
    if tail.endswith(b"LYRICSEND"):
        window = max(0, end - _LYRICS_V1_LIMIT)
        found = read_at(file, window, end - window).rfind(b"LYRICSBEGIN")
        return window + found if found >= 0 else None
    return None
