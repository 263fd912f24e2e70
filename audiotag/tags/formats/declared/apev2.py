"""Containers with an APEv2 tag behind the sound: Monkey's Audio, WavPack, Musepack, some of TTA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace
from typing import Any, BinaryIO

from mutagen.apev2 import APEv2
from mutagen.monkeysaudio import MonkeysAudioInfo
from mutagen.musepack import MusepackInfo
from mutagen.trueaudio import TrueAudioInfo
from mutagen.wavpack import WavPackInfo

from audiotag.tags.formats import ape, id3, mp3, places
from audiotag.tags.formats.container import Container, Part, Sound, begins_with
from audiotag.tags.formats.keys import APE as APE_KEYS
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.spans import Digest, hash_span, read_at
from audiotag.tags.formats.tag_parts import ape_items


def _hash_between_tags(file: BinaryIO, digest: Digest) -> None:
    start = id3.length_at(file)
    hash_span(file, start, max(start, ape.payload_end(file)), digest)


def _other_tags(file: BinaryIO) -> Iterator[Part]:
    yield "leading ID3", read_at(file, 0, id3.length_at(file))
    tag = ape.read_tail(file)
    yield from ape_items(tag)
    yield "behind the APE items", tag.rest
    for block in ape.blocks_at_end(file):
        if block.kind != "ape":
            data = read_at(file, block.start, block.end - block.start)
            # The last byte of ID3v1 is the genre's number.
            yield block.kind, data[:-1] if block.kind == "id3v1" else data


def sound_between_tags(kind: str) -> Callable[[BinaryIO, int], Sound]:
    """For `find_sound`: from the tags in front to those behind."""
    return lambda file, start: Sound(kind, ((start, max(start, ape.payload_end(file))),))


find_tta_sound = sound_between_tags("tta")


def _places(file: BinaryIO) -> Iterator[Place]:
    for block in ape.blocks_at_end(file):
        if block.kind == "id3v1":
            yield from places.of_block(file, ape.V1_GENRE, block)


def _is_tta_with_apev2(file: BinaryIO) -> bool:
    """Where there is an APEv2 tag and no ID3v2 tag, many readers would not look at a new one."""
    return any(block.kind == "ape" for block in ape.blocks_at_end(file)) and not id3.length_at(file)


def _apev2(
    name: str,
    suffixes: tuple[str, ...],
    magics: tuple[bytes, ...],
    info: Callable[[BinaryIO], Any],
    alone: str = "",
) -> Container:
    """Read as by mutagen's classes, whatever the items of the tag are; `info` reads the rest."""

    def open_it(file: BinaryIO) -> Any:
        data = ape.excerpt(file)
        file.seek(0)
        return SimpleNamespace(tags=APEv2(BytesIO(data)) if data else None, info=info(file))

    return Container(
        name=name,
        suffixes=suffixes,
        begins=begins_with(*magics),
        open=open_it,
        keys=APE_KEYS,
        write=ape.write_tail,
        hash_payload=_hash_between_tags,
        other_tags=_other_tags,
        find_sound=sound_between_tags(name),
        alone=alone,
        places=_places,
    )


TTA_APEV2 = replace(
    _apev2("tta-apev2", (), mp3.TTA_MAGICS, lambda file: TrueAudioInfo(file, 0)),
    find_sound=find_tta_sound,
    is_one=_is_tta_with_apev2,
)
# Of their readers some see an ID3 tag in front, some do not open such a file.
APE = _apev2("ape", (".ape",), (b"MAC ",), MonkeysAudioInfo, alone="Monkey's Audio")
WAVPACK = _apev2("wavpack", (".wv",), (b"wvpk",), WavPackInfo, alone="WavPack")
MUSEPACK = _apev2("musepack", (".mpc", ".mp+", ".mpp"), (b"MPCK", b"MP+"), MusepackInfo)
