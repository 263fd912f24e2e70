"""MP4 (M4A, M4B), and QuickTime's files with sound."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.mp4 import MP4 as MUTAGEN_MP4

from audiotag.tags.formats import mp4, mp4_atoms
from audiotag.tags.formats.container import Container, Head, Sound, counted_from_the_start
from audiotag.tags.formats.keys import MP4_ATOMS
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.spans import Digest, hash_span

# The atoms that a QuickTime or MP4 file may begin with.
_ATOMS = frozenset(
    b"ftyp free wide skip junk moov mdat pnot PICT pict styp uuid sidx ssix moof mfra meta prft emsg".split()
)
_IMAGE_BRANDS = frozenset(b"heic heix heim heis hevc hevx mif1 msf1 avif avis crx ".split(b" "))


def _begins(head: Head) -> bool:
    data = head.data
    if len(data) < 8 or data[4:8] not in _ATOMS:
        return False
    (size,) = struct.unpack(">I", data[:4])
    if data[4:8] == b"ftyp":
        return data[8:12] not in _IMAGE_BRANDS
    # The audio may have been cut off, so an mdat may be larger than the file.
    return size in (0, 1) or 8 <= size <= head.length or data[4:8] == b"mdat"


def _open(file: BinaryIO) -> Any:
    # mutagen takes one form of the atoms alone, and fails at an end that is cut off.
    return MUTAGEN_MP4(BytesIO(mp4.excerpt(file)))


def _hash_media(file: BinaryIO, digest: Digest) -> None:
    """Every mdat and fragment, and in which of them all lies that the file names by its place."""
    media = [atom for atom in mp4_atoms.top_atoms(file) if atom.name in (b"mdat", b"moof")]
    if not media:
        raise ValueError("its MP4 structure holds no audio")
    found = list(mp4_atoms.places(file))
    for atom in media:
        digest.update(atom.name)
        mp4_atoms.hash_masked(file, atom.content, atom.end, found, digest)
    chart = mp4_atoms.Map(file)
    for places in found:
        for offset in places.values:
            digest.update(b"place " + chart.place_of(offset, is_index=places.is_index))


def _hash_sound(file: BinaryIO, digest: Digest) -> None:
    """Without the fragments' headers and the places of the sound: others leave those wrong when tags grow."""
    for atom in mp4_atoms.top_atoms(file):
        if atom.name == b"mdat":
            hash_span(file, atom.content, atom.end, digest)


def _find_sound(file: BinaryIO) -> Sound:
    spans = tuple((atom.content, atom.end) for atom in mp4_atoms.top_atoms(file) if atom.name == b"mdat")
    if not spans:
        raise ValueError("its MP4 structure holds no audio")
    return Sound("mp4", spans)


def _places(file: BinaryIO) -> Iterator[Place]:
    for name, values in mp4.other_genres(file):
        yield Place(name, values, {MP4_ATOMS.genre: values}, MP4_ATOMS)


MP4 = Container(
    name="mp4",
    suffixes=(".m4a", ".mp4", ".m4b"),
    begins=_begins,
    open=_open,
    keys=MP4_ATOMS,
    write=mp4.write,
    hash_payload=_hash_media,
    other_tags=mp4.others,
    find_sound=counted_from_the_start(_find_sound),
    alone="MP4",
    hash_sound=_hash_sound,
    places=_places,
)
