"""A snapshot of everything in a file's tags but the genre.

Taken before and after a write, the two must be equal. It is made of raw bytes wherever the
format allows, so that a loss shows which a tag library would not notice. Padding is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from audiotag.tags import ape, asf, flac, id3, mp4, ogg, riff, vorbis
from audiotag.tags.formats import AnyPath, identify, open_regular, reading
from audiotag.tags.spans import hash_span, read_at, size_of

Fingerprint = tuple[tuple[str, str], ...]
Part = tuple[str, bytes]

# Made with the first tag of a file and then empty of meaning: not a change.
_MP4_SCAFFOLD = frozenset({b"moov.udta", b"moov.udta.meta", b"moov.udta.meta.ilst"})
_MP4_LIST = b"moov.udta.meta.ilst."


def fingerprint_other(path: AnyPath) -> Fingerprint:
    """Names and SHA-256 digests of every tag but the genre, in the order of the file.

    Raises TagReadError where the tags cannot be taken apart.
    """
    with reading(path), open_regular(path) as file:
        parts = _PARTS[identify(file)](file)
        return tuple((name, hashlib.sha256(data).hexdigest()) for name, data in parts)


def _id3_parts(tag: id3.Tag) -> Iterator[Part]:
    for frame in tag.others:
        yield "ID3 " + frame.id.decode("ascii"), frame.raw
    if tag.others or tag.rest.strip(b"\0"):
        # A tag that holds nothing but a genre may come and go with it.
        yield "ID3 header", bytes((tag.version, tag.revision, tag.flags))
        yield "ID3 rest", tag.rest.strip(b"\0")


def _head_and_tail(file: BinaryIO) -> Iterator[Part]:
    yield from _id3_parts(id3.read_head(file))
    for block in ape.blocks_at_end(file):
        yield block.kind, read_at(file, block.start, block.end - block.start)


def _ape_parts(file: BinaryIO) -> Iterator[Part]:
    yield "leading ID3", read_at(file, 0, id3.length_at(file))
    tag = ape.read_tail(file)
    for item in tag.items:
        if not item.is_genre:
            yield "APE " + item.key.decode("ascii", "replace"), item.raw
    for block in ape.blocks_at_end(file):
        if block.kind != "ape":
            yield block.kind, read_at(file, block.start, block.end - block.start)


def _vorbis_parts(block: vorbis.Comments) -> Iterator[Part]:
    yield "vendor", block.vendor
    for comment in block.others:
        yield "comment " + comment.partition(b"=")[0].decode("ascii", "replace"), comment
    yield "after the comments", block.rest.rstrip(b"\0")


def _flac_parts(file: BinaryIO) -> Iterator[Part]:
    metadata = flac.read(file)
    yield "leading bytes", read_at(file, 0, metadata.start)
    yield from _vorbis_parts(metadata.comments)
    is_first = True
    for block in metadata.blocks:
        if block.type == flac.COMMENTS and is_first:
            is_first = False
        elif block.type != flac.PADDING:
            yield f"FLAC block {block.type}", block.data


def _ogg_parts(file: BinaryIO) -> Iterator[Part]:
    yield from _vorbis_parts(ogg.read(file).comments)


def _mp4_parts(file: BinaryIO) -> Iterator[Part]:
    for path, atom in mp4.walk(file):
        is_tag = path.startswith(_MP4_LIST)
        is_genre = is_tag and atom.name in mp4.GENRE_NAMES
        is_padding = path == b"moov.udta.meta.free"
        is_media = path in (b"mdat", b"moof") or path.startswith(b"moof.") or atom.name in mp4.OFFSET_TABLES
        if is_genre or is_padding or is_media or path in _MP4_SCAFFOLD:
            continue
        data = read_at(file, atom.start, atom.end - atom.start)
        if data != mp4.META_HANDLER:
            yield path.decode("latin-1"), data


def _asf_parts(file: BinaryIO) -> Iterator[Part]:
    for item in asf.objects(file):
        yield "ASF object " + item.guid.hex(), item.data
    for name, text in asf.attributes(file):
        yield "ASF " + name, text.encode("utf-8", "surrogatepass")


def _riff_parts(file: BinaryIO) -> Iterator[Part]:
    form = riff.read(file)
    yield from _id3_parts(riff.read_id3(file, form))
    for chunk in form.chunks:
        if not chunk.is_id3:
            digest = hashlib.sha256()
            # The audio itself is the payload's digest's to watch.
            if chunk.id not in riff.AUDIO_CHUNKS:
                hash_span(file, chunk.start, chunk.end, digest)
            yield "chunk " + chunk.id.decode("latin-1"), digest.digest()
    digest = hashlib.sha256()
    hash_span(file, min(form.end, size_of(file)), size_of(file), digest)
    yield "behind the form", digest.digest()


_PARTS: dict[str, Callable[[BinaryIO], Iterator[Part]]] = {
    "mp3": _head_and_tail,
    "tta": _head_and_tail,
    "tta-apev2": _ape_parts,
    "ape": _ape_parts,
    "wavpack": _ape_parts,
    "musepack": _ape_parts,
    "flac": _flac_parts,
    "vorbis": _ogg_parts,
    "opus": _ogg_parts,
    "speex": _ogg_parts,
    "mp4": _mp4_parts,
    "asf": _asf_parts,
    "wav": _riff_parts,
    "aiff": _riff_parts,
}
