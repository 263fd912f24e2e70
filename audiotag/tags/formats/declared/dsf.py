"""DSF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from mutagen.dsf import DSF as MUTAGEN_DSF

from audiotag.tags.formats import dsf
from audiotag.tags.formats.container import Container, Part, Sound, begins_with
from audiotag.tags.formats.keys import ID3
from audiotag.tags.formats.spans import Digest, digest_of, hash_span, size_of
from audiotag.tags.formats.tag_parts import id3_parts


def _hash_sound(file: BinaryIO, digest: Digest) -> None:
    form = dsf.read(file)
    hash_span(file, form.start, form.end, digest)


def _other_tags(file: BinaryIO) -> Iterator[Part]:
    form = dsf.read(file)
    yield from id3_parts(dsf.read_id3(file))
    for name, start, end in (("before", form.end, form.tag[0]), ("behind", form.tag[1], size_of(file))):
        yield f"{name} the tag", digest_of(file, start, end)


def _find_sound(file: BinaryIO, _start: int) -> Sound:
    form = dsf.read(file)
    return Sound("dsf", ((form.start, form.end),))


DSF = Container(
    name="dsf",
    suffixes=(".dsf",),
    begins=begins_with(dsf.MAGIC),
    open=MUTAGEN_DSF,
    keys=ID3,
    write=dsf.write,
    hash_payload=_hash_sound,
    other_tags=_other_tags,
    find_sound=_find_sound,
    id3_tag=dsf.read_id3,
)
