"""WAV and AIFF: chunks in RIFF and IFF."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, BinaryIO

from audiotag.tags.formats import id3, id3_fields, places, riff, wav_info
from audiotag.tags.formats.container import Container, Head, Part, Sound, counted_from_the_start
from audiotag.tags.formats.keys import ID3, INFO
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.spans import Digest, digest_of, hash_span, read_at, size_of
from audiotag.tags.formats.tag_parts import id3_parts

_FORMAT_CHUNKS = (b"fmt ", b"COMM")


def _open(file: BinaryIO, **options: bool) -> Any:
    """As mutagen's classes for WAV and AIFF, whatever the sizes in the headers."""
    form = riff.read(file)
    chunk = next((chunk for chunk in form.chunks if chunk.is_id3), None)
    tags = (
        None
        if chunk is None
        else id3_fields.load(read_at(file, chunk.start, chunk.end - chunk.start), options)
    )
    return SimpleNamespace(tags=tags, info=SimpleNamespace(length=riff.duration(file) or 0.0))


def _hash_chunks(file: BinaryIO, digest: Digest) -> None:
    chunks = [chunk for chunk in riff.read(file).chunks if chunk.id in riff.AUDIO_CHUNKS]
    for chunk in chunks:
        digest.update(chunk.id)
        hash_span(file, chunk.start, chunk.end, digest)


def _other_tags(file: BinaryIO) -> Iterator[Part]:
    form = riff.read(file)
    yield from id3_parts(riff.main_tag(file, form))
    tags = [chunk for chunk in form.chunks if chunk.is_id3]
    for chunk in form.chunks:
        if chunk in tags[:1]:
            continue
        if chunk.is_id3:
            yield from ((f"second {name}", part) for name, part in id3_parts(riff.tag_in(file, chunk)))
        elif riff.is_info(file, form, chunk):
            for entry in riff.entries_in(file, chunk):
                if entry.id != wav_info.GENRE:
                    yield "INFO " + entry.id.decode("latin-1"), entry.content
        else:
            # The audio itself is the payload's digest's to watch.
            start = chunk.end if chunk.id in riff.AUDIO_CHUNKS else chunk.start
            yield "chunk " + chunk.id.decode("latin-1"), digest_of(file, start, chunk.end)
    end = size_of(file)
    yield "behind the chunks", digest_of(file, min(form.chunks[-1].next, end), end)


def _find_sound(file: BinaryIO) -> Sound:
    chunks = riff.read(file).chunks
    spans = tuple((chunk.start, chunk.end) for chunk in chunks if chunk.id in riff.SOUND_CHUNKS)
    formats = [chunk for chunk in chunks if chunk.id in _FORMAT_CHUNKS and chunk.end - chunk.start < 256]
    salt = b"".join(read_at(file, chunk.start, chunk.end - chunk.start) for chunk in formats)
    return Sound("chunks", spans, salt=salt)


def _places(file: BinaryIO) -> Iterator[Place]:
    form = riff.read(file)
    first = next((chunk for chunk in form.chunks if chunk.is_id3), None)
    if first is not None and id3.length_at(file, first.start):
        yield from places.beside(read_at(file, first.start, first.end - first.start))
    for name, chunk in riff.others(file, form):
        data = read_at(file, chunk.start, chunk.end - chunk.start)
        if not chunk.is_id3:
            texts = wav_info.texts(riff.entries_in(file, chunk))
            fields = {key.decode("latin-1"): [text] for key, text in texts.items()}
            yield Place(name, riff.stored(file, chunk), fields, INFO)
        elif id3.length_of(data):
            yield from places.of_id3(name, data)


def _main_tag(file: BinaryIO) -> id3.Tag:
    return riff.main_tag(file, riff.read(file))


def _riff(name: str, suffixes: tuple[str, ...], magic: bytes, forms: tuple[bytes, ...]) -> Container:
    """forms: what may stand behind magic and length."""

    def begins(head: Head) -> bool:
        return head.data.startswith(magic) and head.data[8:12] in forms

    return Container(
        name=name,
        suffixes=suffixes,
        begins=begins,
        open=_open,
        keys=ID3,
        write=riff.write,
        hash_payload=_hash_chunks,
        other_tags=_other_tags,
        find_sound=counted_from_the_start(_find_sound),
        alone=name.upper(),
        places=_places,
        id3_tag=_main_tag,
    )


WAV = _riff("wav", (".wav", ".wave"), b"RIFF", (b"WAVE",))
AIFF = _riff("aiff", (".aiff", ".aif", ".aifc"), b"FORM", (b"AIFF", b"AIFC"))
