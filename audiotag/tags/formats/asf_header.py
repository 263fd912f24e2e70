"""The header of an ASF (WMA) file as bytes: cut into its objects and their attributes.

Two objects hold attributes with languages and streams, one those of the whole file; which one a
value stands in means nothing. "Advanced Systems Format (ASF) Specification" describes them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO
from uuid import UUID

from audiotag.tags.formats.spans import read_at, size_of

HEADER = UUID("75b22630-668e-11cf-a6d9-00aa0062ce6c").bytes_le
EXTENSION = UUID("5fbf03b5-a92e-11cf-8ee3-00c00c205365").bytes_le
PADDING = UUID("1806d474-cadf-4509-a4ba-9aabcb96aae8").bytes_le
FILE_PROPERTIES = UUID("8cabdca1-a947-11cf-8ee4-00c00c205365").bytes_le
ATTRIBUTES = UUID("d2d0a440-e307-11d2-97f0-00a0c95ea850").bytes_le  # extended content description
_METADATA = UUID("c5f8cbea-5baf-4877-8467-aa8c44fa4cca").bytes_le
_LIBRARY = UUID("44231c94-9498-49d1-a141-1d134e457054").bytes_le
WITH_ATTRIBUTES = frozenset({ATTRIBUTES, _METADATA, _LIBRARY})
_HEAD, _OBJECT = struct.Struct("<16sQI2s"), struct.Struct("<16sQ")
_EXTENSION_HEAD = 22
_TEXT = 0
_MOST_VALUE = 0xFFFF


@dataclass(frozen=True)
class Attribute:
    """One attribute: its name, its type (0 for text), its value and all its bytes."""

    name: str
    type: int
    value: bytes
    raw: bytes

    @property
    def text(self) -> str:
        """The value of one of that type; "" for any other."""
        return self.value.decode("utf-16-le", "replace").rstrip("\0") if self.type == _TEXT else ""


@dataclass(frozen=True)
class Object:
    """One object. data: its content, of an extension what stands before its objects.

    inner: an extension's objects. attributes: those of an object that has some; rest: what
    follows either, as a rule nothing.
    """

    guid: bytes
    data: bytes = b""
    inner: tuple[Object, ...] | None = None
    attributes: tuple[Attribute, ...] | None = None
    rest: bytes = b""

    def render(self) -> bytes:
        """The object as bytes."""
        content = self.data
        if self.inner is not None:
            objects = b"".join(one.render() for one in self.inner) + self.rest
            content = self.data[:-4] + struct.pack("<I", len(objects)) + objects
        elif self.attributes is not None:
            if len(self.attributes) > _MOST_VALUE:
                raise ValueError("it has more attributes than ASF allows")
            listed = b"".join(one.raw for one in self.attributes)
            content = struct.pack("<H", len(self.attributes)) + listed + self.rest
        return _OBJECT.pack(self.guid, _OBJECT.size + len(content)) + content


@dataclass(frozen=True)
class Header:
    """The whole header. extra: how many objects more than there are it says that it has."""

    objects: tuple[Object, ...]
    rest: bytes = b""
    reserved: bytes = b"\1\2"
    extra: int = 0

    def render(self) -> bytes:
        """The header as bytes."""
        content = b"".join(one.render() for one in self.objects) + self.rest
        count = max(0, len(self.objects) + self.extra)
        return _HEAD.pack(HEADER, _HEAD.size + len(content), count, self.reserved) + content

    def all_objects(self) -> Iterator[Object]:
        """The objects of the header and of its extension."""
        for one in self.objects:
            yield one
            yield from one.inner or ()


def size(file: BinaryIO) -> int:
    """The length of the header, where the audio begins; ValueError where it is cut off."""
    _guid, length = _OBJECT.unpack(read_at(file, 0, _OBJECT.size))
    if length < _HEAD.size or length > size_of(file):
        raise ValueError("its ASF header is cut off")
    return int(length)


def read(file: BinaryIO) -> Header:
    """Cut the header apart; ValueError where that does not go."""
    data = read_at(file, 0, size(file))
    _guid, _length, count, reserved = _HEAD.unpack_from(data)
    objects, rest = _objects(data[_HEAD.size :])
    return Header(objects, rest, reserved, count - len(objects))


def attribute(name: str, value: str) -> Attribute:
    """A text of the whole file; ValueError where it is longer than one can be."""
    raw_name, raw_value = ((text + "\0").encode("utf-16-le") for text in (name, value))
    if len(raw_value) > _MOST_VALUE:
        raise ValueError(f"{name} would be longer than ASF allows")
    raw = struct.pack("<H", len(raw_name)) + raw_name + struct.pack("<2H", _TEXT, len(raw_value)) + raw_value
    return Attribute(name, _TEXT, raw_value, raw)


def _objects(data: bytes) -> tuple[tuple[Object, ...], bytes]:
    found = []
    position = 0
    while position + _OBJECT.size <= len(data):
        guid, length = _OBJECT.unpack_from(data, position)
        if length < _OBJECT.size or position + length > len(data):
            raise ValueError("an object of its ASF header reaches over the end")
        found.append(_object(guid, data[position + _OBJECT.size : position + length]))
        position += length
    return tuple(found), data[position:]


def _object(guid: bytes, content: bytes) -> Object:
    try:
        if guid == EXTENSION:
            inner, rest = _objects(content[_EXTENSION_HEAD:])
            return Object(guid, content[:_EXTENSION_HEAD], inner, rest=rest)
        if guid in WITH_ATTRIBUTES:
            attributes, rest = _attributes(guid, content)
            return Object(guid, attributes=attributes, rest=rest)
    except struct.error as error:
        raise ValueError("the attributes of its ASF header are damaged") from error
    return Object(guid, content)


def _attributes(guid: bytes, data: bytes) -> tuple[tuple[Attribute, ...], bytes]:
    (count,) = struct.unpack_from("<H", data)
    found, position = [], 2
    for _ in range(count):
        start = position
        if guid == ATTRIBUTES:
            (name_length,) = struct.unpack_from("<H", data, position)
            name_at = position + 2
            kind, length = struct.unpack_from("<2H", data, name_at + name_length)
            value_at = name_at + name_length + 4
        else:
            _language, _stream, name_length, kind, length = struct.unpack_from("<4HI", data, position)
            name_at = position + 12
            value_at = name_at + name_length
        position = value_at + length
        if position > len(data):
            raise ValueError("an attribute of its ASF header reaches over the end")
        name = data[name_at : name_at + name_length].decode("utf-16-le", "replace").rstrip("\0")
        found.append(Attribute(name, kind, data[value_at:position], data[start:position]))
    return tuple(found), data[position:]


def with_padding(header: Header, growth: int, after: int) -> Header:
    """The header with its first padding object changed by `growth`, if it has `after` bytes left.

    Padding may stand in the extension.
    """

    def changed(objects: tuple[Object, ...]) -> tuple[Object, ...] | None:
        for at, one in enumerate(objects):
            inner = changed(one.inner) if one.inner else None
            if inner is not None:
                return (*objects[:at], replace(one, inner=inner), *objects[at + 1 :])
            if one.guid == PADDING and len(one.data) - growth >= after:
                return (*objects[:at], Object(PADDING, bytes(len(one.data) - growth)), *objects[at + 1 :])
        return None

    return replace(header, objects=changed(header.objects) or header.objects)
