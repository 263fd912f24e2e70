"""The audio of a file as one digest that tags do not touch.

Taken before and after a write it proves that not a byte of the audio is another. Only the
container is looked at, nothing is decoded; memory does not grow with the file.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable
from typing import BinaryIO

from audiotag.tags import ape, asf, flac, id3, mp3, mp4, ogg, riff
from audiotag.tags.containers import identify
from audiotag.tags.formats import AnyPath, open_regular, reading
from audiotag.tags.spans import Digest, hash_span, size_of

_NO_GRANULE = -1


def payload_digest(path: AnyPath) -> bytes:
    """SHA-256 (32 bytes) of the audio in a file: the same for the same audio under other tags.

    Raises TagReadError where the container's structure is damaged.
    """
    with reading(path), open_regular(path) as file:
        digest = hashlib.sha256()
        _HASHERS[identify(file)](file, digest)
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
    """All packets but the comments, and where in time they end; not how they lie on pages."""
    comment_pages = {page.offset for page in ogg.read(file).pages}
    packets = 0
    for page in ogg.pages(file):
        for i, packet in enumerate(page.packets):
            is_comment = i == 0 and page.offset in comment_pages
            if not is_comment:
                digest.update(packet)
            is_whole = i < len(page.packets) - 1 or page.complete
            if is_whole and not is_comment:
                packets += 1
                digest.update(b"packet %d of %d;" % (packets, page.serial))
        if page.position not in (0, _NO_GRANULE):
            digest.update(b"granule %d after %d;" % (page.position, packets))


def _mp4_media(file: BinaryIO, digest: Digest) -> None:
    """Every mdat and fragment, and where among them each chunk and each fragment's audio lies."""
    top = mp4.atoms(file, 0, size_of(file))
    media = [atom for atom in top if atom.name in (b"mdat", b"moof")]
    if not media:
        raise ValueError("its MP4 structure holds no audio")
    starts = [atom.start for atom in media]
    bases = [mp4.fragment_offset(file, atom) for _path, atom in mp4.walk(file)]
    based = [base for base in bases if base is not None]
    # This index names fragments by their place in the file, so they must not have moved.
    absolute = any(atom.name == b"mfra" for atom in top)
    for atom in media:
        digest.update(atom.name + (b"%d" % atom.start if absolute else b""))
        position = atom.content
        for at, _offset in based:
            if atom.content <= at < atom.end:  # a place in the file, which may move
                hash_span(file, position, at, digest)
                position = at + 8
        hash_span(file, position, atom.end, digest)

    def place_of(offset: int) -> tuple[int, int]:
        place = bisect_right(starts, offset) - 1
        if place < 0 or offset > media[place].end:
            raise ValueError("its MP4 chunk table points outside the audio")
        return place, offset - starts[place]

    for _at, offset in based:
        digest.update(b"fragment %d+%d;" % place_of(offset))
    for path, atom in mp4.walk(file):
        if atom.name not in mp4.OFFSET_TABLES:
            continue
        for offset in mp4.table_offsets(file, atom):
            digest.update(b"%s chunk %d+%d;" % (path, *place_of(offset)))


def _asf_data(file: BinaryIO, digest: Digest) -> None:
    hash_span(file, asf.header_size(file), size_of(file), digest)


def _chunks(file: BinaryIO, digest: Digest) -> None:
    chunks = [chunk for chunk in riff.read(file).chunks if chunk.id in riff.AUDIO_CHUNKS]
    for chunk in chunks:
        digest.update(chunk.id)
        hash_span(file, chunk.start, chunk.end, digest)


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
    "mp4": _mp4_media,
    "asf": _asf_data,
    "wav": _chunks,
    "aiff": _chunks,
}
