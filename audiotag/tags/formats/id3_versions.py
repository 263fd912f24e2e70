"""An ID3v2 tag in another version.

Each frame is converted by itself, so order, doubles and frames that nobody knows stay. What is in
the frames mutagen converts, and the few that have other names in the other version.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from mutagen.id3 import ID3

from audiotag.tags.formats import id3
from audiotag.tags.formats.id3 import Frame, Tag

VERSIONS = (3, 4)
# Frames that become others in the other version: dates and lists of people.
_RENAMED = {
    3: frozenset({b"TYER", b"TDAT", b"TIME", b"TORY", b"IPLS"}),
    4: frozenset({b"TDRC", b"TDOR", b"TIPL", b"TMCL"}),
}
_UNSYNCHRONISED = 0x80
# The flags of a 2.4 frame that say how its bytes are stored, and that can be undone here.
_FRAME_UNSYNCHRONISED, _DATA_LENGTH = 0x02, 0x01


def convert(tag: Tag, version: int) -> Tag:
    """The tag in ID3v2.3 or 2.4; ValueError where a frame has no place in it."""
    if tag.version == 2:
        tag = _from_2_2(tag)
    if tag.version == version:
        return tag
    if version == 4:
        tag = _without_doubles(tag)
    frames: list[Frame] = []
    renamed = [_plain(frame, tag.version) for frame in tag.frames if frame.id in _RENAMED[tag.version]]
    for frame in tag.frames:
        if frame.id not in _RENAMED[tag.version]:
            frames.append(_converted(_plain(frame, tag.version), tag.version, version))
        elif renamed:
            frames += _rename(renamed, tag.version, version)
            renamed = []
    return Tag(version, 0, tag.flags & ~_UNSYNCHRONISED, tuple(frames), tag.rest)


def _without_doubles(tag: Tag) -> Tag:
    """A 2.3 tag without the frames that only repeat what a frame of 2.4 beside them says.

    Such pairs are what `_rename` makes of a date that 2.3 cannot hold.
    """
    later = [frame for frame in tag.frames if frame.id in _RENAMED[4]]
    if not later:
        return tag
    there = Tag(4, frames=tuple(_framed(frame.id, frame.raw[10:], 4) for frame in later))
    there_and_back = {frame.id: frame.raw[10:].rstrip(b"\0") for frame in convert(there, 3).frames}
    kept = (
        frame
        for frame in tag.frames
        if frame.id not in _RENAMED[3] or there_and_back.get(frame.id) != frame.raw[10:].rstrip(b"\0")
    )
    return replace(tag, frames=tuple(kept))


def _from_2_2(tag: Tag) -> Tag:
    frames: list[Frame] = []
    for frame in tag.frames:
        loaded = _load(2, [frame])
        loaded.update_to_v23()
        made = _saved(loaded, 3)
        if not made:
            name = frame.id.decode("ascii", "replace")
            raise ValueError(f"its ID3v2.2 frame {name} has no place in a later version")
        frames += made
    return Tag(3, 0, 0, tuple(frames), tag.rest)


def _converted(frame: Frame, old: int, new: int) -> Frame:
    """One frame as the other version writes it; one that mutagen does not know with its bytes."""
    made = _saved(_load(old, [frame]), new)
    data = made[0].raw[10:] if len(made) == 1 else frame.raw[10:]
    # What shall become of a frame when others change: the same three flags, one bit apart.
    status = frame.raw[8] >> 1 & 0x70 if new == 4 else frame.raw[8] << 1 & 0xE0
    return _framed(frame.id, data, new, status)


def _rename(frames: Sequence[Frame], old: int, new: int) -> list[Frame]:
    """Dates and people under the other version's names; what those cannot say stays beside them."""
    loaded = _load(old, frames)
    _update(loaded, new)
    made = _saved(loaded, new)
    back = _load(new, made)
    _update(back, old)
    if _said(back) == _said(_load(old, frames)):
        return made
    carried = [_framed(frame.id, frame.raw[10:], new) for frame in frames]
    return [*made, *(frame for frame in carried if frame.id not in {one.id for one in made})]


def _plain(frame: Frame, version: int) -> Frame:
    """The frame without its storage flags, its bytes as they are meant.

    Raises ValueError where they are compressed or encrypted.
    """
    flags, data = frame.raw[9], frame.raw[10:]
    if version == 4:
        if flags & _DATA_LENGTH:
            data = data[4:]
        if flags & _FRAME_UNSYNCHRONISED:
            data = data.replace(b"\xff\x00", b"\xff")
        flags &= ~(_DATA_LENGTH | _FRAME_UNSYNCHRONISED)
    if flags:
        name = frame.id.decode("ascii", "replace")
        raise ValueError(f"its ID3 frame {name} is compressed, encrypted or grouped; keep the version")
    return _framed(frame.id, data, version, frame.raw[8])


def _framed(frame_id: bytes, data: bytes, version: int, status: int = 0) -> Frame:
    size = id3.synchsafe(len(data)) if version == 4 else struct.pack(">I", len(data))
    return Frame(frame_id, frame_id + size + bytes((status, 0)) + data)


def _load(version: int, frames: Iterable[Frame]) -> ID3:
    """These frames alone, as mutagen understands them in that version."""
    data = id3.render(Tag(version, frames=tuple(frames)))
    return ID3(BytesIO(data), translate=False, load_v1=False) if data else ID3()


def _saved(loaded: ID3, version: int) -> list[Frame]:
    if not len(loaded):
        return []
    for frame in loaded.values():
        without_empty_ends(frame)
    out = BytesIO()
    loaded.save(out, v1=0, v2_version=version, padding=lambda info: 0)
    return list(id3.parse(out.getvalue()).frames)


def without_empty_ends(frame: Any) -> None:
    """Take away the empty values that nulls at the end of a text are: 2.3 would show them as "/"."""
    texts = getattr(frame, "text", None)
    while isinstance(texts, list) and len(texts) > 1 and not str(texts[-1]):
        texts.pop()


def _update(loaded: ID3, version: int) -> None:
    update = loaded.update_to_v24 if version == 4 else loaded.update_to_v23
    update()


def _said(loaded: ID3) -> list[str]:
    """The texts of the frames, whatever their encoding."""
    return sorted(
        f"{frame.FrameID} {getattr(frame, 'text', getattr(frame, 'people', ''))}" for frame in loaded.values()
    )
