"""What the declaration of a container says; the declarations themselves are in `declared/`.

To add a container:
1. `formats/NAME.py` takes its bytes apart and has `write(file, change)`;
2. `formats/declared/NAME.py` declares a Container, of whose fields none can be left out unless it
   has a default;
3. `formats/containers.py` names it in CONTAINERS, and `formats/suffixes.py` its suffixes;
4. `tests/tags/formats/test_declared.py` gets a file of it, `tests/corpus/` the structures that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from audiotag.tags.change import Change
from audiotag.tags.formats import id3, magic
from audiotag.tags.formats.keys import Keys
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.spans import Digest, size_of

Span = tuple[int, int]
# Of a snapshot: the name of a tag and its bytes.
Part = tuple[str, bytes]
HashBytes = Callable[[BinaryIO, Digest], None]


@dataclass(frozen=True)
class Head:
    """How a file begins. start: behind the ID3v2 tags in front, if there are any.

    data: its first bytes from there; a few thousand at most. length: of all bytes from there.
    """

    file: BinaryIO
    start: int
    data: bytes
    length: int


@dataclass(frozen=True)
class Sound:
    """kind: of container. spans: where the sound lies. own: the file's own digest of the sound,
    which says it all. salt: what else belongs to its identity."""

    kind: str
    spans: tuple[Span, ...]
    own: bytes = b""
    salt: bytes = b""


def _always(_file: BinaryIO) -> bool:
    return True


def _nothing(_file: BinaryIO) -> tuple[str, ...]:
    return ()


def _nowhere(_file: BinaryIO) -> Iterator[Place]:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class Container:
    """One kind of file. All take an open file, and raise ValueError where its structure is damaged."""

    name: str
    # With their dots, in small letters; none where others of its family have them.
    suffixes: tuple[str, ...]
    # Whether a file may be one, by its head. Of those that begin alike all share `find_sound`.
    begins: Callable[[Head], bool]
    # mutagen's view: an object with `tags` and `info`; those with `id3_tag` take its options for ID3.
    open: Callable[..., Any]
    # What `tags` calls the fields.
    keys: Keys
    # Carries out a change in a file that may be half written afterwards.
    write: Callable[[BinaryIO, Change], None]
    # Feeds every byte of the audio that no tag may touch, as a proof of a write.
    hash_payload: HashBytes
    # Every tag but those that a write may change, in the order of the file.
    other_tags: Callable[[BinaryIO], Iterator[Part]]
    # Where the sound lies, by headers alone; takes also where the ID3 tags in front end.
    find_sound: Callable[[BinaryIO, int], Sound]
    # A closer look, by which those that begin alike are told from one another.
    is_one: Callable[[BinaryIO], bool] = _always
    # Its name where an ID3 tag in front keeps a file from being tagged: not all readers open such a file.
    alone: str = ""
    # The sound as it is known again after other programs wrote to the file, if that is not the payload.
    hash_sound: HashBytes | None = None
    # The other places where readers look for a genre, in the order in which they count.
    places: Callable[[BinaryIO], Iterator[Place]] = _nowhere
    # If its main tag is ID3: the one that a write starts from.
    id3_tag: Callable[[BinaryIO], id3.Tag] | None = None
    # Else the genres that a main tag would take over from older ones, as long as there is none.
    inherited_genres: Callable[[BinaryIO], tuple[str, ...]] = _nothing


def begins_with(*magics: bytes) -> Callable[[Head], bool]:
    """For `begins`: one of these magics comes first."""
    return lambda head: head.data.startswith(magics)


def counted_from_the_start(find: Callable[[BinaryIO], Sound]) -> Callable[[BinaryIO, int], Sound]:
    """For `find_sound` of a structure whose places count from the file's first byte.

    Behind an ID3 tag it would not be found: all that is there is taken for sound.
    """
    return lambda file, start: bare_sound(file, start) if start else find(file)


def bare_sound(file: BinaryIO, start: int) -> Sound:
    """The sound of a file of no known structure: all that is behind its ID3 tags."""
    return Sound(magic.MPEG, ((start, size_of(file)),))
