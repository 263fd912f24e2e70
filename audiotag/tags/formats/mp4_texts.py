"""How MP4 files write texts: values in the lists of tags, and QuickTime's and 3GPP's user data."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace

from audiotag.tags.formats.mp4_tree import Node, split

GENRE = b"\xa9gen"
_GENRE_NAMES = frozenset({GENRE, b"gnre"})
# Freeform atoms belong to somebody; this is the name under which players and taggers look.
FREEFORM = b"----"
FREEFORM_OWNER = "com.apple.iTunes"
# The names of a genre in lists that bring their own names.
_GENRE_KEYS = frozenset({b"genre", b"com.apple.quicktime.genre"})
_UTF8, _UTF16 = 1, 2
_LANGUAGE_UNKNOWN = 0x55C4  # "und"
_MAC_LANGUAGES = 0x400


def genre_form(item: Node, parent: bytes, keys: Sequence[bytes]) -> str | None:
    """How `item`, whose parent has that name, writes a genre; None where it is something else.

    "atom": as every player knows it. "freeform", "key": under a name of its own, the latter one
    of `keys`. "text": in QuickTime's user data. "3gpp": in that of a telephone.
    """
    if parent == b"udta":
        return {GENRE: "text", b"gnre": "3gpp"}.get(item.name)
    if parent != b"ilst":
        return None
    if item.name in _GENRE_NAMES:
        return "atom"
    if item.name == FREEFORM:
        return "freeform" if _freeform_name(item).lower() == b"genre" else None
    number = int.from_bytes(item.name, "big")
    is_genre = 0 < number <= len(keys) and keys[number - 1].lower() in _GENRE_KEYS
    return "key" if is_genre else None


def keys_of(meta: Node) -> tuple[bytes, ...]:
    """The names of a list that brings its own; none where it does not."""
    keys = meta.child(b"keys")
    if keys is None:
        return ()
    try:
        nodes, _tail = split(keys.data[8:])
    except ValueError:
        return ()
    return tuple(node.data for node in nodes)


def with_values(item: Node, form: str, values: Sequence[str]) -> Node:
    """A genre that is written in this form with other values."""
    if form == "atom":
        return genre(values)
    if form == "key":
        return replace(item, data=_data(values))
    if form == "freeform":
        nodes, _tail = split(item.data)
        head = b"".join(node.render() for node in nodes if node.name in (b"mean", b"name"))
        return replace(item, data=head + _data(values))
    if form == "3gpp":
        return replace(item, data=item.data[:6] + values[0].encode("utf-8") + b"\0")
    return replace(item, data=_quicktime(item.data, values))


def values_of(item: Node, form: str) -> tuple[str, ...]:
    """The values of a genre that is written in this form; those that are no text are left out."""
    if form == "3gpp":
        return (item.data[6:].rstrip(b"\0").decode("utf-8", "replace"),)
    if form == "text":
        return _quicktime_values(item.data)
    try:
        nodes, _tail = split(item.data)
    except ValueError:
        return ()
    encodings = {_UTF8: "utf-8", _UTF16: "utf-16-be"}
    data = [node.data for node in nodes if node.name == b"data" and len(node.data) >= 8]
    kinds = [(int.from_bytes(one[1:4], "big"), one[8:]) for one in data]
    return tuple(text.decode(encodings[kind], "replace") for kind, text in kinds if kind in encodings)


def genre(values: Sequence[str]) -> Node:
    """A genre as every player knows it."""
    return Node(GENRE, _data(values))


def freeform(name: str, values: Sequence[str]) -> Node:
    """A field of audiotag's own."""
    return Node(FREEFORM, _freeform_head(name) + _data(values))


def is_freeform(item: Node, name: str) -> bool:
    """Whether this is the field of audiotag's own with that name."""
    return item.name == FREEFORM and item.data.startswith(_freeform_head(name))


def _freeform_head(name: str) -> bytes:
    owner = Node(b"mean", bytes(4) + FREEFORM_OWNER.encode("ascii")).render()
    return owner + Node(b"name", bytes(4) + name.encode("ascii")).render()


def _freeform_name(item: Node) -> bytes:
    try:
        nodes, _tail = split(item.data)
    except ValueError:
        return b""
    return next((node.data[4:] for node in nodes if node.name == b"name"), b"")


def _data(values: Sequence[str]) -> bytes:
    texts = (struct.pack(">2I", _UTF8, 0) + value.encode("utf-8") for value in values)
    return b"".join(Node(b"data", text).render() for text in texts)


def _quicktime(old: bytes, values: Sequence[str]) -> bytes:
    """Texts with length and language, or a single one alone where that is how it was written."""
    texts = [value.encode("utf-8") for value in values]
    if not _has_lengths(old):
        return texts[0]
    (language,) = struct.unpack_from(">H", old, 2)
    if language < _MAC_LANGUAGES and not all(value.isascii() for value in values):
        language = _LANGUAGE_UNKNOWN  # its letters would be taken for those of an old Macintosh
    return b"".join(struct.pack(">2H", len(text), language) + text for text in texts)


def _quicktime_values(data: bytes) -> tuple[str, ...]:
    if not _has_lengths(data):
        return (data.decode("utf-8", "replace"),)
    (length, language) = struct.unpack_from(">2H", data)
    encoding = "mac_roman" if language < _MAC_LANGUAGES else "utf-8"
    return (data[4 : 4 + length].decode(encoding, "replace"),)


def _has_lengths(data: bytes) -> bool:
    return len(data) >= 4 and 4 + int.from_bytes(data[:2], "big") <= len(data)
