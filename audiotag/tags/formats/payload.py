"""The audio of a file as one digest that tags do not touch.

Taken before and after a write it proves that not a byte of the audio is another. Only the
container is looked at, nothing is decoded; memory does not grow with the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import BinaryIO

from audiotag.tags.formats import ape, asf, dsf, flac, id3, mp3, mp4_atoms, ogg, ogg_pages, riff
from audiotag.tags.formats.containers import identify
from audiotag.tags.formats.read import AnyPath, open_regular, reading
from audiotag.tags.formats.spans import Digest, hash_span, size_of


def payload_digest(path: AnyPath) -> bytes:
    """SHA-256 (32 bytes) of the audio in a file: the same for the same audio under other tags.

    Raises TagReadError where the container's structure is damaged.
    """
    with reading(path), open_regular(path) as file:
        digest = hashlib.sha256()
        _HASHERS[identify(file)](file, digest)
        return digest.digest()


def sound_digest(path: AnyPath) -> bytes:
    """SHA-256 (32 bytes) of the sound alone, by which it is known again whoever edited the file since.

    As `payload_digest`, but in MP4 without the fragments' headers and without the places that tell
    where sound lies: other programs leave those wrong when a tag in front grows.
    """
    with reading(path), open_regular(path) as file:
        digest = hashlib.sha256()
        name = identify(file)
        (_mp4_sound if name == "mp4" else _HASHERS[name])(file, digest)
        return digest.digest()


def _between_tags(file: BinaryIO, digest: Digest) -> None:
    start = id3.length_at(file)
    hash_span(file, start, max(start, ape.payload_end(file)), digest)


def _mpeg_frames(file: BinaryIO, digest: Digest) -> None:
    start = mp3.layout(file).start
    hash_span(file, start, max(start, ape.payload_end(file)), digest)


def _flac_frames(file: BinaryIO, digest: Digest) -> None:
    metadata = flac.read(file)
    digest.update(metadata.blocks[0].data)
    hash_span(file, metadata.end, max(metadata.end, ape.payload_end(file)), digest)


def _ogg_packets(file: BinaryIO, digest: Digest) -> None:
    """All packets but the comments, and where in time they end; not how they lie on pages.

    And what is wrong with the pages, and all bytes between and behind them.
    """
    comment_pages = {page.start for page in ogg.read(file).pages}
    packets = 0
    numbers: dict[int, int] = {}
    for page in ogg_pages.scan(file):
        if isinstance(page, ogg_pages.Gap):
            digest.update(b"no page;")
            hash_span(file, page.start, page.end, digest)
            continue
        jump = page.sequence - numbers.get(page.serial, page.sequence - 1) - 1
        numbers[page.serial] = page.sequence
        if page.fault or (jump and not page.is_first):
            digest.update(b"fault %d, jump %d;" % (page.fault, jump))
        for i, (packet, is_whole) in enumerate(page.packets):
            if i == 0 and page.start in comment_pages:
                continue
            digest.update(packet)
            if is_whole:
                packets += 1
                digest.update(b"packet %d of %d;" % (packets, page.serial))
        if page.granule not in (0, ogg_pages.NO_GRANULE):
            digest.update(b"granule %d after %d;" % (page.granule, packets))


def _mp4_media(file: BinaryIO, digest: Digest) -> None:
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


def _mp4_sound(file: BinaryIO, digest: Digest) -> None:
    for atom in mp4_atoms.top_atoms(file):
        if atom.name == b"mdat":
            hash_span(file, atom.content, atom.end, digest)


def _asf_data(file: BinaryIO, digest: Digest) -> None:
    hash_span(file, asf.header_size(file), size_of(file), digest)


def _chunks(file: BinaryIO, digest: Digest) -> None:
    chunks = [chunk for chunk in riff.read(file).chunks if chunk.id in riff.AUDIO_CHUNKS]
    for chunk in chunks:
        digest.update(chunk.id)
        hash_span(file, chunk.start, chunk.end, digest)


def _dsf_sound(file: BinaryIO, digest: Digest) -> None:
    form = dsf.read(file)
    hash_span(file, form.start, form.end, digest)


_HASHERS: dict[str, Callable[[BinaryIO, Digest], None]] = {
    "mp3": _mpeg_frames,
    "tta": _mpeg_frames,
    "tta-apev2": _between_tags,
    "ape": _between_tags,
    "wavpack": _between_tags,
    "musepack": _between_tags,
    "flac": _flac_frames,
    "vorbis": _ogg_packets,
    "opus": _ogg_packets,
    "speex": _ogg_packets,
    "oggflac": _ogg_packets,
    "mp4": _mp4_media,
    "asf": _asf_data,
    "wav": _chunks,
    "aiff": _chunks,
    "dsf": _dsf_sound,
}
