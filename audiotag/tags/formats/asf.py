"""ASF (WMA) files: exchange the genre's attributes, keep all other bytes of the header."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from audiotag.tags.change import OWN_TEXTS, PLACE, Change
from audiotag.tags.formats import asf_header
from audiotag.tags.formats.asf_header import ATTRIBUTES, Attribute, Header, Object
from audiotag.tags.formats.spans import replace_span, size_of

HEADER = asf_header.HEADER
header_size = asf_header.size
GENRE = "WM/Genre"
# What FFmpeg's programs call it; FFmpeg shows either.
_OTHER_GENRE = "genre"
OTHER_PLACE = PLACE + "the attribute Genre"
_SIZE_AT = 16  # in the file properties


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; a padding object takes up the growth where it can."""
    old = asf_header.read(file)
    before, file_size = len(old.render()), size_of(file)
    new = _with_change(old, change)
    # At least a byte of padding is left, so that a write of the old value finds it again.
    new = asf_header.with_padding(new, len(new.render()) - before, 1)
    growth = len(new.render()) - before
    new = replace(new, objects=tuple(_resized(one, file_size, file_size + growth) for one in new.objects))
    replace_span(file, 0, before, new.render())


def others(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Every object and attribute but padding, the genre and audiotag's own."""
    file_size = size_of(file)
    header = asf_header.read(file)
    for one in header.all_objects():
        if one.attributes is not None:
            for attribute in one.attributes:
                if not _is_ours(attribute):
                    yield "ASF " + attribute.name, one.guid + attribute.raw
            if one.rest:
                yield "behind the ASF attributes", one.rest
        elif one.inner is not None:
            yield "ASF extension", one.data[:-4] + one.rest
        elif one.guid != asf_header.PADDING:
            yield "ASF object " + one.guid.hex(), _resized(one, file_size, 0).data
    yield "behind the ASF header", header.rest


def other_genres(file: BinaryIO) -> tuple[str, ...]:
    """The genre under the other name; none if nowhere."""
    found = (one for part in asf_header.read(file).all_objects() for one in part.attributes or ())
    return tuple(one.text for one in found if one.name.lower() == _OTHER_GENRE)


def excerpt(file: BinaryIO) -> bytes:
    """The header alone, with the right number of objects: all that mutagen reads."""
    return replace(asf_header.read(file), rest=b"", extra=0).render()


def _with_change(header: Header, change: Change) -> Header:
    is_wanted = bool(change.genres) or any(change.texts.values())
    if is_wanted and not any(one.guid == ATTRIBUTES for one in header.objects):
        header = replace(header, objects=(*header.objects, Object(ATTRIBUTES, attributes=())))
    for name, values in ((GENRE, change.genres), *change.texts.items()):
        header = _with_values(header, name, values, lambda one, name=name: one.name == name)  # type: ignore[misc]
    found = [one.name for part in header.all_objects() for one in part.attributes or ()]
    other = next((name for name in found if name.lower() == _OTHER_GENRE), None)
    genres = change.elsewhere_of(OTHER_PLACE, change.genres)
    if other is None or genres is None:
        return header
    return _with_values(header, other, genres, lambda one: one.name.lower() == _OTHER_GENRE)


def _with_values(
    header: Header, name: str, values: Sequence[str], is_it: Callable[[Attribute], bool]
) -> Header:
    """All values where the first of them was, in the list for the whole file; none elsewhere."""
    new = tuple(asf_header.attribute(name, value) for value in values)
    is_done = False

    def changed(one: Object) -> Object:
        nonlocal is_done
        if one.inner is not None:
            return replace(one, inner=tuple(changed(part) for part in one.inner))
        if one.attributes is None:
            return one
        at = next((i for i, found in enumerate(one.attributes) if is_it(found)), len(one.attributes))
        kept = tuple(found for found in one.attributes if not is_it(found))
        if one.guid == ATTRIBUTES and not is_done:
            is_done = True
            kept = (*kept[:at], *new, *kept[at:])
        return replace(one, attributes=kept)

    return replace(header, objects=tuple(changed(one) for one in header.objects))


def _is_ours(attribute: Attribute) -> bool:
    return attribute.name in (GENRE, *OWN_TEXTS) or attribute.name.lower() == _OTHER_GENRE


def _resized(one: Object, old: int, new: int) -> Object:
    """The file's properties with its new size, if they told the old one."""
    told = one.data[_SIZE_AT : _SIZE_AT + 8]
    if one.guid != asf_header.FILE_PROPERTIES or told != struct.pack("<Q", old):
        return one
    return replace(one, data=one.data[:_SIZE_AT] + struct.pack("<Q", new) + one.data[_SIZE_AT + 8 :])
