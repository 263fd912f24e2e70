"""The other places in a file where readers look for a genre and for names, beside its main tag.

Which one a reader takes differs: so all of them follow a write, and a file has a genre if any of
them has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.id3 import ID3

from audiotag.tags.formats import ape, asf, flac, id3, id3_fields, mp3, mp4, riff, vorbis, wav_info
from audiotag.tags.formats.containers import APE, ASF_NAMES, INFO, MP4_ATOMS, VORBIS, Keys
from audiotag.tags.formats.containers import ID3 as ID3_KEYS
from audiotag.tags.formats.spans import read_at


@dataclass(frozen=True)
class Place:
    """One place: its name in TrackTags.elsewhere, and the genre as it is stored there.

    tags: its fields by the names in `keys`, each a list of texts. version: of ID3, else None.
    """

    name: str
    stored: tuple[str, ...]
    tags: Any
    keys: Keys
    version: int | None = None


def places(container: str, file: BinaryIO) -> Iterator[Place]:
    """All of them, in the order in which they count; those that are damaged are passed over."""
    if container in ("mp3", "tta"):
        parts = mp3.layout(file)
        if parts.main is not None:
            yield from _beside(_bytes(file, parts.main))
        for name, block in parts.others():
            yield from _of_block(file, name, block)
    elif container in ("wav", "aiff"):
        yield from _of_riff(file)
    elif container == "flac":
        yield from _of_flac(file)
    elif container == "mp4":
        for name, values in mp4.other_genres(file):
            yield Place(name, values, {MP4_ATOMS.genre: values}, MP4_ATOMS)
    elif container == "asf":
        values = asf.other_genres(file)
        yield Place(asf.OTHER_PLACE, values, {ASF_NAMES.genre: values}, ASF_NAMES)
    elif container in ("ape", "wavpack", "musepack", "tta-apev2"):
        for block in ape.blocks_at_end(file):
            if block.kind == "id3v1":
                yield from _of_block(file, ape.V1_GENRE, block)


def starting_tag(container: str, file: BinaryIO) -> id3.Tag:
    """The ID3 tag that a write starts from: the main one, or one that repeats what older ones say."""
    if container in ("mp3", "tta"):
        return mp3.main_tag(file, mp3.layout(file))
    return riff.main_tag(file, riff.read(file)) if container in ("wav", "aiff") else id3.Tag()


def inherited_genres(container: str, file: BinaryIO) -> tuple[str, ...]:
    """The same for a genre in Vorbis comments, of which only FLAC files may have none."""
    if container != "flac":
        return ()
    return vorbis.genres(flac.main_comments(file, flac.read(file)))


def _of_block(file: BinaryIO, name: str, block: ape.Block) -> Iterator[Place]:
    data = _bytes(file, block)
    try:
        stored = mp3.stored(file, block)
        if block.kind == "ape":
            tag = ape.parse(data)
            yield Place(name, stored, _ape_fields(tag), APE)
        elif block.kind == "id3v1":
            yield Place(name, stored, ID3(BytesIO(data)), ID3_KEYS, 4)
        else:
            yield from _of_id3(name, data)
    except ValueError:
        return


def _of_id3(name: str, data: bytes) -> Iterator[Place]:
    tag = id3.parse(data)
    loaded = ID3(BytesIO(data), translate=False, load_v1=False)
    yield Place(name, id3_fields.genre_texts(tag), loaded, ID3_KEYS, data[3])
    texts = id3_fields.user_genre_texts(tag)
    if texts:
        yield Place(id3_fields.user_place(name), texts, {ID3_KEYS.genre: texts}, ID3_KEYS, data[3])


def _beside(data: bytes) -> Iterator[Place]:
    """What the main ID3 tag says beside its genre, or in place of one that cannot be read."""
    try:
        tag = id3.parse(data)
        illegible, texts = id3_fields.illegible_genre(tag), id3_fields.user_genre_texts(tag)
    except ValueError:
        return
    if illegible.strip("\ufffd"):
        yield Place("", (), {ID3_KEYS.genre: [illegible]}, ID3_KEYS, data[3])
    if texts:
        yield Place(id3_fields.USER_GENRE, texts, {ID3_KEYS.genre: texts}, ID3_KEYS, data[3])


def _of_riff(file: BinaryIO) -> Iterator[Place]:
    form = riff.read(file)
    first = next((chunk for chunk in form.chunks if chunk.is_id3), None)
    if first is not None and id3.length_at(file, first.start):
        yield from _beside(read_at(file, first.start, first.end - first.start))
    for name, chunk in riff.others(file, form):
        data = read_at(file, chunk.start, chunk.end - chunk.start)
        if not chunk.is_id3:
            texts = wav_info.texts(riff.entries_in(file, chunk))
            fields = {key.decode("latin-1"): [text] for key, text in texts.items()}
            yield Place(name, riff.stored(file, chunk), fields, INFO)
        elif id3.length_of(data):
            yield from _of_id3(name, data)


def _of_flac(file: BinaryIO) -> Iterator[Place]:
    metadata = flac.read(file)
    for name, place in flac.later_comments(metadata):
        genres = vorbis.genres(vorbis.parse(metadata.blocks[place].data))
        yield Place(name, genres, {VORBIS.genre: genres}, VORBIS)
    for name, block in flac.id3_blocks(file, metadata):
        yield from _of_block(file, name, block)


def _ape_fields(tag: ape.Tag) -> dict[str, tuple[str, ...]]:
    wanted = {key.lower(): key for key in (APE.genre, APE.artist, APE.album, APE.title)}
    return {wanted[item.name]: ape.texts(item) for item in tag.items if item.name in wanted}


def _bytes(file: BinaryIO, block: ape.Block) -> bytes:
    return read_at(file, block.start, block.end - block.start)
