"""A snapshot of everything in a file's tags but the genre and audiotag's own fields.

Taken before and after a write, the two must be equal. It is made of raw bytes wherever the
format allows, so that a loss shows which a tag library would not notice. Padding is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.id3 import ID3

from audiotag.tags.formats import (
    ape,
    asf,
    dsf,
    flac,
    id3,
    id3_fields,
    id3_versions,
    mp3,
    mp4,
    ogg,
    riff,
    vorbis,
    wav_info,
)
from audiotag.tags.formats.containers import identify
from audiotag.tags.formats.read import AnyPath, open_regular, reading
from audiotag.tags.formats.spans import hash_span, read_at, size_of

Snapshot = tuple[tuple[str, str], ...]
Part = tuple[str, bytes]

_ID3 = "ID3 "


def snapshot_others(path: AnyPath) -> Snapshot:
    """Names and SHA-256 digests of every tag but those that a write may change, in the order of the file.

    Raises TagReadError where the tags cannot be taken apart.
    """
    with reading(path), open_regular(path) as file:
        parts = _PARTS[identify(file)](file)
        return tuple((name, hashlib.sha256(data).hexdigest()) for name, data in parts)


def snapshot_across_versions(path: AnyPath) -> Snapshot:
    """The same for a file whose ID3 tag changes its version: what its frames say, not their bytes.

    Read by mutagen, which brings both versions under the names of one. Raises TagReadError.
    """
    with reading(path), open_regular(path) as file:
        name = identify(file)
        parts = [part for part in _PARTS[name](file) if not part[0].startswith(_ID3)]
        tag = _id3_tag(name, file)
        data = id3.render(id3.Tag(tag.version, tag.revision, tag.flags, id3_fields.others(tag)))
        parts += _meanings(ID3(BytesIO(data), load_v1=False)) if data else []
        return tuple((part, hashlib.sha256(data).hexdigest()) for part, data in parts)


def _id3_tag(container: str, file: BinaryIO) -> id3.Tag:
    if container == "dsf":
        return dsf.read_id3(file)
    if container in ("wav", "aiff"):
        return riff.main_tag(file, riff.read(file))
    return mp3.main_tag(file, mp3.layout(file))


def _meanings(tag: ID3) -> list[Part]:
    known = [(_ID3 + frame.HashKey, _said(frame).encode("utf-8", "surrogatepass")) for frame in tag.values()]
    unknown = [(_ID3 + raw[:4].decode("latin-1"), bytes(raw[10:])) for raw in tag.unknown_frames]
    return sorted(known + unknown)


def _said(frame: Any) -> str:
    """What a frame says, whatever its encoding; several values are parted as in ID3v2.3."""
    id3_versions.without_empty_ends(frame)
    inner = [_said(one) for one in getattr(frame, "sub_frames", {}).values()]
    values = {name: value for name, value in vars(frame).items() if name not in ("encoding", "sub_frames")}
    if isinstance(values.get("text"), list):
        values["text"] = "/".join(str(text) for text in values["text"])
    return f"{frame.FrameID} {values!r} {sorted(inner)}"


def _id3_parts(tag: id3.Tag) -> Iterator[Part]:
    others = id3_fields.others(tag)
    for frame in others:
        yield _ID3 + frame.id.decode("ascii"), frame.raw
    if others or tag.rest.strip(b"\0"):
        # A tag that holds nothing but a genre may come and go with it.
        yield _ID3 + "header", bytes((tag.version, tag.revision, tag.flags))
        yield _ID3 + "rest", tag.rest.strip(b"\0")


def _head_and_tail(file: BinaryIO) -> Iterator[Part]:
    parts = mp3.layout(file)
    yield from _id3_parts(mp3.main_tag(file, parts))
    # Behind the tag, wherever it stands: it moves to the front, and stray bytes around it meet.
    stray = [
        read_at(file, block.start, block.end - block.start) for block in parts.front if block.kind == "stray"
    ]
    yield "stray", b"".join(stray)
    for block in (*parts.front, *parts.tail):
        if block != parts.main and block.kind != "stray":
            yield from _block_parts(file, block)


def _block_parts(file: BinaryIO, block: ape.Block) -> Iterator[Part]:
    """A tag beside the main one, without its genre."""
    data = read_at(file, block.start, block.end - block.start)
    try:
        if block.kind == "ape":
            yield from _ape_items(ape.parse(data))
        elif block.kind == "id3":
            yield from ((f"{block.kind} {name}", part) for name, part in _id3_parts(id3.parse(data)))
        else:
            yield block.kind, data[:-1] if block.kind == "id3v1" else data
    except ValueError:  # damaged, and left as it is
        yield block.kind, data


def _ape_items(tag: ape.Tag) -> Iterator[Part]:
    for item in tag.items:
        if not item.is_ours:
            yield "APE " + item.key.decode("ascii", "replace"), item.raw


def _ape_parts(file: BinaryIO) -> Iterator[Part]:
    yield "leading ID3", read_at(file, 0, id3.length_at(file))
    tag = ape.read_tail(file)
    yield from _ape_items(tag)
    yield "behind the APE items", tag.rest
    for block in ape.blocks_at_end(file):
        if block.kind != "ape":
            data = read_at(file, block.start, block.end - block.start)
            # The last byte of ID3v1 is the genre's number.
            yield block.kind, data[:-1] if block.kind == "id3v1" else data


def _vorbis_parts(block: vorbis.Comments) -> Iterator[Part]:
    yield "vendor", block.vendor
    for comment in block.others:
        yield "comment " + comment.partition(b"=")[0].decode("ascii", "replace"), comment
    yield "after the comments", block.rest.rstrip(b"\0")


def _flac_parts(file: BinaryIO) -> Iterator[Part]:
    metadata = flac.read(file)
    tags = [block for _name, block in flac.id3_blocks(file, metadata)]
    for block in tags:
        yield from _block_parts(file, block)
    yield from _vorbis_parts(flac.main_comments(file, metadata))
    is_first = True
    for metadata_block in metadata.blocks:
        if metadata_block.type == flac.COMMENTS:
            if not is_first:
                yield from _vorbis_parts(vorbis.parse(metadata_block.data))
            is_first = False
        elif metadata_block.type != flac.PADDING:
            yield f"FLAC block {metadata_block.type}", metadata_block.data


def _ogg_parts(file: BinaryIO) -> Iterator[Part]:
    yield from _vorbis_parts(ogg.read(file).comments)


def _riff_parts(file: BinaryIO) -> Iterator[Part]:
    form = riff.read(file)
    yield from _id3_parts(riff.main_tag(file, form))
    tags = [chunk for chunk in form.chunks if chunk.is_id3]
    for chunk in form.chunks:
        if chunk in tags[:1]:
            continue
        if chunk.is_id3:
            yield from ((f"second {name}", part) for name, part in _id3_parts(riff.tag_in(file, chunk)))
        elif riff.is_info(file, form, chunk):
            for entry in riff.entries_in(file, chunk):
                if entry.id != wav_info.GENRE:
                    yield "INFO " + entry.id.decode("latin-1"), entry.content
        else:
            digest = hashlib.sha256()
            # The audio itself is the payload's digest's to watch.
            if chunk.id not in riff.AUDIO_CHUNKS:
                hash_span(file, chunk.start, chunk.end, digest)
            yield "chunk " + chunk.id.decode("latin-1"), digest.digest()
    digest = hashlib.sha256()
    hash_span(file, min(form.chunks[-1].next, size_of(file)), size_of(file), digest)
    yield "behind the chunks", digest.digest()


def _dsf_parts(file: BinaryIO) -> Iterator[Part]:
    form = dsf.read(file)
    yield from _id3_parts(dsf.read_id3(file))
    for name, start, end in (("before", form.end, form.tag[0]), ("behind", form.tag[1], size_of(file))):
        digest = hashlib.sha256()
        hash_span(file, start, end, digest)
        yield f"{name} the tag", digest.digest()


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
    "oggflac": _ogg_parts,
    "mp4": mp4.others,
    "asf": asf.others,
    "wav": _riff_parts,
    "aiff": _riff_parts,
    "dsf": _dsf_parts,
}
