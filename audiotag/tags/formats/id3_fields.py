"""The frames of an ID3v2 tag that audiotag writes: the genre, and TXXX frames of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from mutagen.id3 import ID3, ID3NoHeaderError

from audiotag.tags.change import OWN_TEXTS, PLACE, Change
from audiotag.tags.formats import id3, id3_versions
from audiotag.tags.formats.id3 import Frame, Tag
from audiotag.tags.formats.id3_frames import name_of, text_frame, user_frame
from audiotag.tags.formats.spans import padding_after

# The last two are what some taggers write: 2.2 names in a 2.3 tag.
_GENRE_IDS = frozenset({b"TCO", b"TCON", b"TCO\0", b"TCO "})
_TEXT_IDS = frozenset({b"TXX", b"TXXX"})
_GENRE = "genre"
# Readers show a TXXX frame called GENRE beside the genre, or instead of it.
USER_GENRE, _USER_GENRE_NAME = PLACE + "TXXX", "GENRE"


def others(tag: Tag) -> tuple[Frame, ...]:
    """The frames that are neither the genre nor audiotag's own."""
    return tuple(frame for frame in tag.frames if field_of(frame) is None)


def field_of(frame: Frame) -> str | None:
    """Which field a frame is: "genre", USER_GENRE, a name of OWN_TEXTS, or None."""
    if frame.id in _GENRE_IDS:
        return _GENRE
    if frame.id not in _TEXT_IDS:
        return None
    name = name_of(frame)
    if name.upper() == _USER_GENRE_NAME:
        return USER_GENRE
    return name if name in OWN_TEXTS else None


def has_genre(tag: Tag) -> bool:
    """Whether the tag has a genre frame, whatever is in it."""
    return any(field_of(frame) == _GENRE for frame in tag.frames)


def load(data: bytes, options: dict[str, bool]) -> ID3 | None:
    """The tag as mutagen reads it, None where there is none. Raises what mutagen raises."""
    if data[:3] == b"ID3":
        id3.parse(data)  # says better what is the matter with a tag
    try:
        return ID3(BytesIO(data), **options)
    except ID3NoHeaderError:
        return None


def genre_texts(tag: Tag) -> tuple[str, ...]:
    """The genre as it is stored, as mutagen reads it."""
    return _texts_of(tag, _GENRE, "TCON")


def illegible_genre(tag: Tag) -> str:
    """The genre where mutagen finds none, its bytes in no encoding that they should have; "" if so."""
    if genre_texts(tag):
        return ""
    raws = (frame.raw[10 if len(frame.id) == 4 else 6 :] for frame in tag.frames if field_of(frame) == _GENRE)
    return next((text for raw in raws if (text := _legible(raw[1:]).strip("\0 \ufeff"))), "")


def _legible(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1").removeprefix("\xff\xfe").removeprefix("\xfe\xff").replace("\0", "")


def user_genre_texts(tag: Tag) -> tuple[str, ...]:
    """What a TXXX frame called GENRE says."""
    return _texts_of(tag, USER_GENRE, "TXXX")


def _texts_of(tag: Tag, field: str, frame_id: str) -> tuple[str, ...]:
    frames = tuple(frame for frame in tag.frames if field_of(frame) == field)
    if not frames:
        return ()
    loaded = ID3(BytesIO(id3.render(Tag(tag.version, frames=frames))), translate=False, load_v1=False)
    return tuple(str(text) for frame in loaded.getall(frame_id) for text in frame.text)


def has_names(tag: Tag) -> bool:
    """Whether the tag says anything that readers show beside genre and pictures."""
    return any(frame.id[:1] == b"T" or frame.id[:3] == b"COM" for frame in others(tag))


def with_heir(tag: Tag, genres: Sequence[str]) -> Tag:
    """The tag with genres that an older one says, if it has none itself."""
    if not genres or has_genre(tag):
        return tag
    return replace(tag, frames=(*tag.frames, _frame(tag.version, _GENRE, genres)))


def without_repeated(tag: Tag, heir: Tag) -> Tag:
    """An empty tag in place of one that only repeats what older tags, `heir`, say.

    Such a one was made for a genre that has gone again.
    """
    if not tag.frames or tag.frames != heir.frames:
        return tag
    room = sum(len(frame.raw) for frame in tag.frames) if tag.rest else 0
    return replace(tag, frames=(), rest=tag.rest + bytes(room))


def with_change(tag: Tag, change: Change) -> Tag:
    """The tag with the values that `change` names; padding gives way, all other frames stay."""
    if change.id3_version is not None and tag.version != change.id3_version:
        tag = id3_versions.convert(tag, change.id3_version)
    frames = list(tag.frames)
    for name, values in ((_GENRE, change.genres), *change.texts.items(), *_user_genre(change)):
        at = _place(frames, name)
        frames = [frame for frame in frames if field_of(frame) != name]
        if values:
            frames.insert(at, _frame(tag.version, name, values))
    rest = tag.rest
    if not rest.strip(b"\0"):
        growth = sum(len(f.raw) for f in frames) - sum(len(f.raw) for f in tag.frames)
        rest = bytes(padding_after(len(rest), growth))
    return replace(tag, frames=tuple(frames), rest=rest)


def user_place(name: str) -> str:
    """What the genre in such a TXXX frame is called, of a tag beside the main one called `name`."""
    return f"{name}, TXXX"


def with_place(tag: Tag, name: str, change: Change) -> Tag:
    """A tag beside the main one, called `name`: its genre follows, or is put back."""
    genres, user_genres = genre_texts(tag), user_genre_texts(tag)
    new = change.elsewhere_of(name, change.genres if genres else ())
    user = change.elsewhere_of(user_place(name), ())
    if new in (None, genres) and user in (None, user_genres):
        return tag
    elsewhere = {} if user is None else {USER_GENRE: user}
    return with_change(tag, Change(genres if new is None else new, elsewhere=elsewhere))


def _place(frames: Sequence[Frame], name: str) -> int:
    """Where the frame of a field goes: where it was, else behind all others."""
    for i, frame in enumerate(frames):
        # At a name that is none, a 2.2 name in a later tag, TagLib stops reading.
        if field_of(frame) == name or frame.id[3:] in (b"\0", b" "):
            return i
    return len(frames)


def _user_genre(change: Change) -> list[tuple[str, Sequence[str]]]:
    """The genre under its own name says it all: a second one would be shown beside it."""
    values = change.elsewhere_of(USER_GENRE, ())
    return [] if values is None else [(USER_GENRE, values)]


def _frame(version: int, name: str, values: Sequence[str]) -> Frame:
    if name == _GENRE:
        # Up to 2.3 a text frame holds one text, in which "/" parts the genres.
        return text_frame(version, b"TCON", ("\0" if version == 4 else "/").join(values))
    return user_frame(version, _USER_GENRE_NAME if name == USER_GENRE else name, values)
