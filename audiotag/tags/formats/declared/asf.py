"""ASF (WMA)."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.asf import ASF as MUTAGEN_ASF

from audiotag.tags.formats import asf
from audiotag.tags.formats.container import Container, Sound, begins_with, counted_from_the_start
from audiotag.tags.formats.keys import ASF_NAMES
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.spans import Digest, hash_span, size_of


def _open(file: BinaryIO) -> Any:
    return MUTAGEN_ASF(BytesIO(asf.excerpt(file)))


def _hash_data(file: BinaryIO, digest: Digest) -> None:
    hash_span(file, asf.header_size(file), size_of(file), digest)


def _find_sound(file: BinaryIO) -> Sound:
    return Sound("asf", ((min(asf.header_size(file), size_of(file)), size_of(file)),))


def _places(file: BinaryIO) -> Iterator[Place]:
    values = asf.other_genres(file)
    yield Place(asf.OTHER_PLACE, values, {ASF_NAMES.genre: values}, ASF_NAMES)


ASF = Container(
    name="asf",
    suffixes=(".wma", ".asf"),
    begins=begins_with(asf.HEADER),
    open=_open,
    keys=ASF_NAMES,
    write=asf.write,
    hash_payload=_hash_data,
    other_tags=asf.others,
    find_sound=counted_from_the_start(_find_sound),
    alone="ASF",
    places=_places,
)
