"""All containers, and which of them a file is: told by its content, never by its name."""

from __future__ import annotations

from typing import BinaryIO

from audiotag.tags.formats import id3, magic
from audiotag.tags.formats.container import Container, Head
from audiotag.tags.formats.declared import apev2, asf, dsf, flac, mp3, mp4, ogg, riff
from audiotag.tags.formats.spans import read_at, size_of
from audiotag.tags.formats.suffixes import SUFFIXES as SUFFIXES

# By their names. Where a file begins as several do, the first counts that it is.
CONTAINERS = {
    container.name: container
    for container in (
        mp3.MP3,
        riff.WAV,
        riff.AIFF,
        mp4.MP4,
        flac.FLAC,
        ogg.VORBIS,
        ogg.OPUS,
        ogg.SPEEX,
        ogg.OGG_FLAC,
        apev2.TTA_APEV2,
        mp3.TTA,
        apev2.APE,
        apev2.WAVPACK,
        apev2.MUSEPACK,
        asf.ASF,
        dsf.DSF,
    )
}

_HEAD = 4096


def recognise(file: BinaryIO) -> tuple[Container, ...]:
    """The containers that begin as an open file does: as a rule one, of a family several.

    A file of no magic is taken for MPEG audio. Raises NotTaggedError for what cannot be tagged but
    is known, and ValueError where no container can begin.
    """
    start, size = id3.end_in_front(file), size_of(file)
    if start > size:
        raise ValueError("its ID3 tag is longer than the file")
    head = Head(file, start, read_at(file, start, min(_HEAD, size - start)), size - start)
    found = tuple(container for container in CONTAINERS.values() if container.begins(head))
    if found:
        return found
    foreign = magic.foreign(file, start, head.data)
    if foreign is not None:
        raise magic.NotTaggedError(foreign)
    return (CONTAINERS[magic.MPEG],)


def identify(file: BinaryIO) -> Container:
    """The container of an open file.

    Raises ValueError for what cannot be tagged, with its name where that is known; so for Ogg files
    that hold other streams than Vorbis, Opus, Speex and FLAC.
    """
    container = next(container for container in recognise(file) if container.is_one(file))
    if container.alone and id3.end_in_front(file):
        raise magic.NotTaggedError(f"{container.alone} behind an ID3 tag")
    return container
