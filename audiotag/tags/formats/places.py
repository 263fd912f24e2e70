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

from audiotag.tags.formats import ape, id3, id3_fields, mp3
from audiotag.tags.formats.keys import APE, Keys
from audiotag.tags.formats.keys import ID3 as ID3_KEYS
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


def of_block(file: BinaryIO, name: str, block: ape.Block) -> Iterator[Place]:
    """Those in a tag beside the sound; none where it is damaged."""
    data = _bytes(file, block)
    try:
        stored = mp3.stored(file, block)
        if block.kind == "ape":
            tag = ape.parse(data)
            yield Place(name, stored, _ape_fields(tag), APE)
        elif block.kind == "id3v1":
            yield Place(name, stored, ID3(BytesIO(data)), ID3_KEYS, 4)
        else:
            yield from of_id3(name, data)
    except ValueError:
        return


def of_id3(name: str, data: bytes) -> Iterator[Place]:
    """Those in an ID3 tag other than the main one."""
    tag = id3.parse(data)
    loaded = ID3(BytesIO(data), translate=False, load_v1=False)
    yield Place(name, id3_fields.genre_texts(tag), loaded, ID3_KEYS, data[3])
    texts = id3_fields.user_genre_texts(tag)
    if texts:
        yield Place(id3_fields.user_place(name), texts, {ID3_KEYS.genre: texts}, ID3_KEYS, data[3])


def beside(data: bytes) -> Iterator[Place]:
    """What the main ID3 tag says beside its genre, or in place of one that cannot be read."""
    tag = id3.parse(data)
    illegible, texts = id3_fields.illegible_genre(tag), id3_fields.user_genre_texts(tag)
    if illegible.strip("\ufffd"):
        yield Place("", (), {ID3_KEYS.genre: [illegible]}, ID3_KEYS, data[3])
    if texts:
        yield Place(id3_fields.USER_GENRE, texts, {ID3_KEYS.genre: texts}, ID3_KEYS, data[3])


def _ape_fields(tag: ape.Tag) -> dict[str, tuple[str, ...]]:
    wanted = {key.lower(): key for key in (APE.genre, APE.artist, APE.album, APE.title, *APE.years)}
    return {wanted[item.name]: ape.texts(item) for item in tag.items if item.name in wanted}


def _bytes(file: BinaryIO, block: ape.Block) -> bytes:
    return read_at(file, block.start, block.end - block.start)
