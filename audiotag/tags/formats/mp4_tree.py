"""The moov atom as a tree in memory: cut apart and put together again, byte for byte.

Only atoms that may hold tags are opened; what cannot be cut apart stays whole. QuickTime's `meta`
begins with its first child at once, that of MPEG-4 with a version and flags.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

_OPENED = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"meta", b"ilst"})
_VERSION_SIZE = 4
# What a meta atom may begin with.
_META_CHILDREN = frozenset({b"hdlr", b"ilst", b"keys", b"mhdr", b"free"})


@dataclass(frozen=True)
class Node:
    """One atom. data: all its content, or of an opened one what stands before its children.

    children: None where it is not opened. tail: what follows the children and is no atom.
    size: how its length is written: in 32 bits ("short"), in 64 ("long"), or not ("open").
    """

    name: bytes
    data: bytes = b""
    children: tuple[Node, ...] | None = None
    tail: bytes = b""
    size: str = "short"

    def render(self) -> bytes:
        """The atom as bytes."""
        content = self.data + b"".join(child.render() for child in self.children or ()) + self.tail
        if self.size == "open":
            return bytes(4) + self.name + content
        if self.size == "short":
            return struct.pack(">I4s", len(content) + 8, self.name) + content
        return struct.pack(">I4sQ", 1, self.name, len(content) + 16) + content

    def child(self, name: bytes) -> Node | None:
        """The first child of this name."""
        return next((child for child in self.children or () if child.name == name), None)

    def with_child(self, old: Node | None, new: Node) -> Node:
        """The same atom with `new` in the place of its child `old`, or behind all of them."""
        children = self.children or ()
        if old is None:
            return replace(self, children=(*children, new))
        return replace(self, children=tuple(new if child is old else child for child in children))


def parse(data: bytes) -> Node:
    """The tree of one whole atom."""
    (node,), _tail = _nodes(data, is_top=True)
    return node


def walk(node: Node, path: bytes = b"") -> Iterator[tuple[bytes, Node]]:
    """The atom and all below it that are opened, each with its path ("moov.udta.chpl")."""
    path = path + b"." + node.name if path else node.name
    yield path, node
    for child in node.children or ():
        yield from walk(child, path)


def moves(old: Node, new: Node, old_at: int, new_at: int) -> Iterator[tuple[int, int, int]]:
    """Start and end of every part of `old` that is in `new` as well, and how far it has moved.

    old_at, new_at: where the two begin. Children are taken to be the same by their number.
    """
    if old == new:
        yield old_at, old_at + len(old.render()), new_at - old_at
        return
    old_at, new_at = (at + head for at, head in ((old_at, _head(old)), (new_at, _head(new))))
    for before, after in zip(old.children or (), new.children or (), strict=False):
        yield from moves(before, after, old_at, new_at)
        old_at, new_at = old_at + len(before.render()), new_at + len(after.render())


def _head(node: Node) -> int:
    return (16 if node.size == "long" else 8) + len(node.data)


def split(data: bytes) -> tuple[tuple[Node, ...], bytes]:
    """Atoms one after the other, none of them opened, and what follows them."""
    return _nodes(data, opened=False)


def _nodes(data: bytes, *, is_top: bool = False, opened: bool = True) -> tuple[tuple[Node, ...], bytes]:
    """The atoms that `data` consists of; ValueError where one reaches over the end."""
    found = []
    position = 0
    while position + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        form, content = "short", position + 8
        if size == 1 and content + 8 <= len(data):
            (size,) = struct.unpack_from(">Q", data, content)
            form, content = "long", content + 8
        elif size == 0 and is_top:
            form, size = "open", len(data) - position
        elif size == 0:  # what ends QuickTime's user data
            break
        end = position + size
        if not content <= end <= len(data):
            raise ValueError("an MP4 atom reaches over the end of the one that it is in")
        inner = data[content:end]
        found.append(_node(name, inner, form) if opened else Node(name, inner, size=form))
        position = end
    return tuple(found), data[position:]


def _node(name: bytes, content: bytes, form: str) -> Node:
    if name in _OPENED:
        start = _VERSION_SIZE if name == b"meta" and content[4:8] not in _META_CHILDREN else 0
        try:
            children, tail = _nodes(content[start:], opened=name != b"ilst")
        except ValueError:
            pass
        else:
            return Node(name, content[:start], children, tail, form)
    return Node(name, content, size=form)
