"""Reading and writing what a file's tags say of genre, in every container.

Reading goes through mutagen. Writing goes through the modules beside this one, which exchange
the bytes of the genre and leave all others alone; so what reads a file back after a write is not
what wrote it. `guard` is the one place where foreign exceptions become this program's own.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from mutagen.id3 import TCON
from mutagen.mp3 import HeaderNotFoundError

from audiotag.errors import AudiotagError, TagReadError, TagWriteError
from audiotag.tags.change import OWN_TEXTS, Change, Texts
from audiotag.tags.formats import id3
from audiotag.tags.formats.container import Container
from audiotag.tags.formats.containers import identify
from audiotag.tags.formats.damage import reason_of, system_fault
from audiotag.tags.formats.id3_fields import genre_texts
from audiotag.tags.formats.keys import ID3, Keys
from audiotag.tags.formats.magic import NO_AUDIO, NotTaggedError
from audiotag.tags.formats.places import Place
from audiotag.tags.formats.years import year_of
from audiotag.tags.sameness import PLACEHOLDERS, is_placeholder, sameness
from audiotag.text import printable

AnyPath = bytes | str | Path

_PLACEHOLDERS = frozenset(map(sameness, PLACEHOLDERS))
_ADVICE = {
    errno.EINVAL: "only regular files have tags",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room in your quota",
    errno.EACCES: "check the permissions of the file and its folder",
    errno.EPERM: "check the permissions of the file and its folder, and for an immutable attribute",
    errno.EROFS: "the file system is mounted read-only",
    errno.ENAMETOOLONG: "its path is too long for the copy that has to be made beside it; shorten it",
    errno.ENOENT: "it was moved or deleted meanwhile; scan again",
}


class _NotRegularError(OSError):
    """A folder, pipe or device; "invalid argument" has other meanings as well."""


@dataclass(frozen=True)
class TrackTags:
    """What the tags of a file say.

    `genres` is what a listener would call the genre: coded ones ("(17)", "RX") as what they
    mean, taken from an older tag in the file if the main one has none. `stored` is the field
    that a write exchanges, exactly as it stands there: written back it is an undo. Where there is
    no main tag it is what the first of the older ones says, which a new tag repeats. `texts` are
    the fields in OWN_TEXTS that it has. `id3_version` is 2, 3 or 4 for containers with ID3 tags
    (4 where a tag would be new). `duration` is in seconds, None where the file does not say.
    `elsewhere` is the genre as it is stored in other places of the file that have one, by their
    names (places.py); of an ID3v1 block it is the genre's number. `year` is the first that makes
    sense of those in Keys.years.
    """

    container: str
    genres: tuple[str, ...]
    stored: tuple[str, ...]
    artist: str
    album: str
    title: str
    duration: float | None
    id3_version: int | None = None
    texts: Texts = field(default_factory=dict)
    elsewhere: Texts = field(default_factory=dict)
    year: int | None = None


@contextmanager
def guard(path: AnyPath, fault: type[AudiotagError], advice: str) -> Iterator[None]:
    """Turn every foreign exception into `fault` with the file's name, why, and what to do."""
    try:
        yield
    except AudiotagError:
        raise
    except NotTaggedError as error:
        raise fault(f"{printable(path)}: {error}") from error
    except _NotRegularError as error:
        raise fault(f"{printable(path)}: {error.strerror}; {_ADVICE[errno.EINVAL]}") from error
    # Damaged files bring nearly every exception there is out of mutagen, MemoryError and
    # RecursionError among them; a file must never end the run.
    except Exception as error:
        advised = _ADVICE.get(getattr(error, "errno", None) or 0) if system_fault(error) else None
        raise fault(f"{printable(path)}: {reason_of(error)}; {advised or advice}") from error


def reading(path: AnyPath) -> AbstractContextManager[None]:
    """The guard for reading tags: faults become TagReadError."""
    return guard(path, TagReadError, "the file may be damaged: play it, or repair its tags")


def writing(path: AnyPath) -> AbstractContextManager[None]:
    """The guard for writing tags: faults become TagWriteError."""
    return guard(path, TagWriteError, "the file is as it was")


def open_regular(path: AnyPath) -> BinaryIO:
    """Open a file for reading; OSError for a folder, pipe or device, which is never waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _NotRegularError(errno.EINVAL, "not a regular file")
    return os.fdopen(descriptor, "rb")


def read_tags(path: AnyPath) -> TrackTags:
    """Read genre, artist, album, title, year and duration; the file is only read.

    Raises TagReadError where the file cannot be opened or is none of the known containers.
    """
    with reading(path), open_regular(path) as file:
        container = identify(file)
        if container.id3_tag is not None:
            return _read_id3(container, container.id3_tag, file)
        file.seek(0)
        audio = container.open(file)
        stored = _texts(audio.tags, container.keys.genre) or container.inherited_genres(file)
        found = tuple(container.places(file))
        genres = _first_genres(_without_empty(stored), found)
        artist, album, title = _first_names(_names(audio.tags, container.keys), found)
        duration, texts = _duration(audio.info), _own_texts(audio.tags, container.keys)
        return TrackTags(
            container.name, genres, stored, artist, album, title, duration, None, texts,
            _elsewhere(found), _first_year(audio.tags, container.keys, found),
        )  # fmt: skip


def write_change(file: BinaryIO, change: Change) -> None:
    """Carry out a change in an open file itself, and nothing else.

    Only ever called on the draft of a copy. Raises whatever the container's code does, the file being
    half written then.
    """
    change.check()
    identify(file).write(file, change)


def meaning(texts: Sequence[str], id3_version: int | None = None) -> tuple[str, ...]:
    """What genre texts mean where they are stored: in ID3 codes are resolved.

    Up to ID3v2.3 a field holds one text, and "/" parts the values in it.
    """
    if id3_version is None:
        return _without_empty(texts)
    parts = texts if id3_version == 4 else [part for text in texts for part in text.split("/")]
    if not any(map(_may_be_code, parts)):  # as nearly always, and a hundred times cheaper
        return _without_empty(parts)
    frame = TCON(encoding=3, text=[_without_dead_codes(part) for part in parts])
    return _without_empty(frame.genres)


def _may_be_code(text: str) -> bool:
    """Whether ID3 may mean another text by it; line ends are mutagen's to judge."""
    return text[:1] == "(" or text.isdecimal() or text in ("RX", "CR") or "\n" in text


def _without_dead_codes(text: str) -> str:
    """The text without ID3 codes that mean nothing, as "(255)", which mutagen calls "Unknown"."""
    if text.isdecimal() and len(TCON.GENRES) <= int(text) < 256:
        return ""
    codes = re.match(r"(?:\((?:[0-9]+|RX|CR)\))*", text)
    length = codes.end() if codes else 0
    alive = re.sub(
        r"\(([0-9]+)\)", lambda code: code[0] if int(code[1]) < len(TCON.GENRES) else "", text[:length]
    )
    return alive + text[length:]


def _read_id3(container: Container, starting_tag: Callable[[BinaryIO], id3.Tag], file: BinaryIO) -> TrackTags:
    file.seek(0)
    # Untranslated: 2.3 frames are not turned into 2.4 ones, and ID3v1 is looked at apart.
    try:
        audio = container.open(file, translate=False, load_v1=False)
    except HeaderNotFoundError:
        raise ValueError(NO_AUDIO) from None
    if getattr(audio.info, "sketchy", False):
        raise ValueError(NO_AUDIO)
    tag = starting_tag(file)
    version = tag.version if audio.tags is None else audio.tags.version[1]
    stored = _texts(audio.tags, ID3.genre) or genre_texts(tag)
    found = tuple(container.places(file))
    genres = _first_genres(meaning(stored, version), found)
    artist, album, title = _first_names(_names(audio.tags, ID3), found)
    duration, texts = _duration(audio.info), _own_texts(audio.tags, ID3)
    return TrackTags(
        container.name, genres, stored, artist, album, title, duration, version, texts,
        _elsewhere(found), _first_year(audio.tags, ID3, found),
    )  # fmt: skip


def _first_genres(main: tuple[str, ...], found: Sequence[Place]) -> tuple[str, ...]:
    """The genres of the first place that has any; a placeholder is one where nothing else is found."""
    others = (meaning(_texts(place.tags, place.keys.genre), place.version) for place in found)
    said = [genres for genres in (main, *others) if genres]
    return next(filter(_says_genre, said), said[0] if said else ())


def _says_genre(genres: Sequence[str]) -> bool:
    """Whether there is more than placeholders; those that the user added are policy.py's."""
    return not all(is_placeholder(genre, _PLACEHOLDERS) for genre in genres)


def _first_names(main: tuple[str, ...], found: Sequence[Place]) -> tuple[str, ...]:
    """Artist, album and title, each from the first place that has it."""
    columns = zip(main, *(_names(place.tags, place.keys) for place in found), strict=True)
    return tuple(next((name for name in column if name), "") for column in columns)


def _first_year(tags: Any, keys: Keys, found: Sequence[Place]) -> int | None:
    """That of the main tag, else of the first place that has one."""
    everywhere = ((tags, keys), *((place.tags, place.keys) for place in found))
    return year_of(text for some, names in everywhere for name in names.years for text in _texts(some, name))


def _elsewhere(found: Sequence[Place]) -> Texts:
    return {place.name: place.stored for place in found if place.stored}


def _texts(tags: Any, key: str) -> tuple[str, ...]:
    """All values of a field; mutagen gives lists, frames with `.text`, or nothing."""
    values = (tags or {}).get(key) or ()
    values = getattr(values, "text", values)
    # An APEv2 item may be binary, whatever its key says.
    if not isinstance(values, Iterable):
        return ()
    # MP4 has bytes in its freeform atoms.
    return tuple(v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values)


def _own_texts(tags: Any, keys: Keys) -> Texts:
    found = {name: _texts(tags, keys.text.format(name)) for name in OWN_TEXTS}
    return {name: values for name, values in found.items() if values}


def _names(tags: Any, keys: Keys) -> tuple[str, ...]:
    """Artist, album and title: the first value of each, "" where there is none."""
    fields = (_without_empty(_texts(tags, key)) for key in (keys.artist, keys.album, keys.title))
    return tuple(field[0] if field else "" for field in fields)


def _without_empty(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if text.strip())


def _duration(info: Any) -> float | None:
    length = float(getattr(info, "length", 0.0))
    return length if 0.0 < length < float("inf") else None
