"""Tags of MPEG audio and TTA: ID3v2 in front, and everything else that stands beside the sound.

Readers find the ID3v2 tag only at the very beginning, so that is where it is written: a tag that
stood behind stray bytes moves in front of them, and a file with older tags alone gets one that
repeats what they say. All other tags that have a genre follow it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from audiotag.tags.change import PLACE, Change
from audiotag.tags.formats import ape, carried, id3, id3_fields, id3v1, magic, mpeg
from audiotag.tags.formats.ape import Block
from audiotag.tags.formats.id3_frames import name_of
from audiotag.tags.formats.spans import read_at, replace_span, size_of

# So many stray bytes may stand in front of the first frame, and so many behind a tag, whose
# stated size may be too small.
_STRAY, _STRAY_BEHIND_TAG = 1 << 16, 1 << 20
_NO_GENRE = 255
_APE_IN_FRONT = 32
TTA_MAGICS = (b"TTA1", b"TTA2")
_TTA = b"TTA"


@dataclass(frozen=True)
class Layout:
    """What stands in front of the sound and behind it, in the order of the file.

    Kinds: "id3", "ape" and "stray" in front; "ape", "lyrics", "id3v1" and "id3" behind.
    """

    front: tuple[Block, ...]
    tail: tuple[Block, ...]

    @property
    def main(self) -> Block | None:
        """The ID3v2 tag that readers take."""
        return next((block for block in self.front if block.kind == "id3"), None)

    @property
    def start(self) -> int:
        """Where the sound begins."""
        return self.front[-1].end if self.front else 0

    def others(self) -> Iterator[tuple[str, Block]]:
        """The other tags that may say a genre, with a name for each, in the order in which they count."""
        return _named([block for block in (*self.front, *self.tail) if block != self.main])

    def all(self) -> Iterator[tuple[str, Block]]:
        """The same with the main one."""
        return _named([*self.front, *self.tail])


def _named(blocks: Sequence[Block]) -> Iterator[tuple[str, Block]]:
    kinds = [("id3", "ID3v2"), ("ape", "APEv2"), ("id3v1", "ID3v1")]
    if any(block.kind == "lyrics" for block in blocks):
        # Between APEv2 and ID3v1 it keeps readers from finding the former.
        kinds[1:] = reversed(kinds[1:])
    for kind, called in kinds:
        for i, block in enumerate(block for block in blocks if block.kind == kind):
            yield f"{PLACE}{called}" + (f" ({i + 1})" if i else ""), block


def layout(file: BinaryIO) -> Layout:
    """Take a file apart; ValueError where there is no MPEG audio or TTA in it."""
    front = list(tags_from(file, 0))
    if not front and read_at(file, 0, min(3, size_of(file))) == b"ID3":
        raise ValueError("its ID3 tag has a size that cannot be")
    start = front[-1].end if front else 0
    while not _sound_at(file, start):
        end = start + (_STRAY_BEHIND_TAG if front else _STRAY)
        frame = mpeg.find(file, start, end, magic.FRAMES if front else magic.FRAMES_BEHIND_STRAY)
        tag = _tag_among_stray(file, start, end if frame is None else frame)
        following = frame if tag is None else tag
        if following is None:
            raise ValueError(magic.NO_AUDIO)
        foreign = magic.behind_stray(read_at(file, start, following - start), size_of(file) - start)
        if foreign is not None:
            raise magic.NotTaggedError(foreign)
        front += [Block("stray", start, following), *tags_from(file, following)]
        start = front[-1].end
    tail = tuple(block for block in ape.blocks_at_end(file) if block.start >= start)
    return Layout(tuple(front), tail)


def main_tag(file: BinaryIO, parts: Layout) -> id3.Tag:
    """The ID3v2 tag that a write starts from.

    Of a file without one, or with one that names nothing, what its other tags say: a new tag
    hides them from many readers, so it has to repeat it. So it has where stray bytes stand in
    front, and some readers have looked into the other tags till now.
    """
    tag = None if parts.main is None else id3.parse(_bytes(file, parts.main))
    is_found = parts.main is not None and parts.main.start == 0
    return tag if tag is not None and is_found and id3_fields.has_names(tag) else _heir(file, parts, tag)


def _heir(file: BinaryIO, parts: Layout, tag: id3.Tag | None) -> id3.Tag:
    """A tag that names nothing, or none, with what the other tags say."""
    others = [block for _name, block in parts.others()]
    appended = next((block for block in others if block.kind == "id3"), None)
    if tag is None and appended is not None:
        return replace(id3.parse(_bytes(file, appended)), rest=b"")
    tag = tag or id3.Tag()
    for block in others:
        present = {_field(frame) for frame in tag.frames}
        made = (frame for frame in _repeated(file, block, tag.version) if _field(frame) not in present)
        tag = replace(tag, frames=(*tag.frames, *made))
    return id3_fields.with_heir(tag, next(filter(None, (_said(file, block) for block in others)), ()))


def _said(file: BinaryIO, block: Block) -> tuple[str, ...]:
    """The genres that a tag says, in words."""
    try:
        texts = stored(file, block)
    except ValueError:
        return ()
    if block.kind != "id3v1":
        return texts
    return id3v1.genre_of(_bytes(file, block))


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; the file grows or shrinks as needed."""
    parts = layout(file)
    tag = id3_fields.with_change(main_tag(file, parts), change)
    # FFmpeg looks into the APEv2 tag of TTA files alone, whatever else they have.
    is_first = parts.main is None or read_at(file, parts.start, 3) == _TTA
    for name, block in sorted(parts.others(), key=lambda other: other[1].start, reverse=True):
        new = written(file, name, block, change, is_first)
        replace_span(file, block.start, block.end - block.start, new)
    parts = layout(file)
    if change.takes_back:
        tag = id3_fields.without_repeated(tag, _heir(file, parts, replace(tag, frames=())))
    front = b"".join(_bytes(file, block) for block in parts.front if block != parts.main)
    replace_span(file, 0, parts.start, id3.render(tag) + front)


def stored(file: BinaryIO, block: Block) -> tuple[str, ...]:
    """The genre in a tag as it is stored there; in ID3v1 the genre's number."""
    data = _bytes(file, block)
    if block.kind == "id3v1":
        return (str(data[-1]),)
    if block.kind == "ape":
        items = ape.parse(data).items
        return next((ape.texts(item) for item in items if item.name == "genre"), ())
    return id3_fields.genre_texts(id3.parse(data))


def written(file: BinaryIO, name: str, block: Block, change: Change, is_first: bool = False) -> bytes:
    """A tag other than the main one as it is to be. is_first: some look there first."""
    data = _bytes(file, block)
    try:
        old = stored(file, block)
    except ValueError:  # damaged: readers pass over it, and so does this
        return data
    if block.kind == "id3":
        tag = id3.parse(data)
        new_tag = id3_fields.with_place(tag, name, change)
        if new_tag == tag:
            return data
        made = id3.render(new_tag)
        return id3.with_footer(made) if made and id3.has_footer(data) else made
    if block.kind == "id3v1":
        following: tuple[str, ...] = (str(id3v1.number_of(change.genres)),)
    else:
        is_read = bool(old) or (block.kind == "ape" and is_first)
        following = change.genres if is_read else ()
    new = change.elsewhere_of(name, following)
    if new is None or new == old:
        return data
    if block.kind == "id3v1":
        return data[:-1] + bytes((int(new[0]) if new else _NO_GENRE,))
    return ape.render(ape.with_change(ape.parse(data), Change(new)))


def _repeated(file: BinaryIO, block: Block, version: int) -> tuple[id3.Frame, ...]:
    data = _bytes(file, block)
    if block.kind == "id3v1":
        return carried.of_v1(data, version)
    if block.kind != "ape":
        return ()
    try:
        return carried.frames(carried.of_ape(ape.parse(data)), version)
    except ValueError:
        return ()


def _field(frame: id3.Frame) -> object:
    """What may be in a tag once: two TXXX frames are two fields."""
    return (frame.id, name_of(frame)) if frame.id in (b"TXXX", b"TXX") else frame.id


def tags_from(file: BinaryIO, position: int) -> Iterator[Block]:
    """The ID3v2 and APEv2 tags that stand in a row from `position`."""
    while True:
        kind, length = "id3", id3.length_at(file, position)
        if not length:
            kind, length = "ape", _ape_length(file, position)
        if not length:
            return
        if position + length > size_of(file):
            raise ValueError("its tag is longer than the file")
        yield Block(kind, position, position + length)
        position += length


def _ape_length(file: BinaryIO, position: int) -> int:
    """The bytes of an APEv2 tag that starts with its header at `position`; 0 without one."""
    header = read_at(file, position, min(_APE_IN_FRONT, size_of(file) - position))
    if len(header) < _APE_IN_FRONT or not header.startswith(ape.PREAMBLE):
        return 0
    return _APE_IN_FRONT + int.from_bytes(header[12:16], "little")


def _sound_at(file: BinaryIO, position: int) -> bool:
    if read_at(file, position, min(3, size_of(file) - position)) == _TTA:
        return True
    return mpeg.stands_at(file, position, magic.FRAMES)


def _tag_among_stray(file: BinaryIO, start: int, end: int) -> int | None:
    """Where an ID3v2 tag begins among bytes that are no sound."""
    end = min(end, size_of(file))
    window = read_at(file, start, end - start)
    at = window.find(b"ID3")
    while at >= 0:
        header = window[at : at + id3.HEADER_SIZE]
        length = id3.length_of(header)
        if length and header[3] in (2, 3, 4) and start + at + length <= size_of(file):
            return start + at
        at = window.find(b"ID3", at + 1)
    return None


def _bytes(file: BinaryIO, block: Block) -> bytes:
    return read_at(file, block.start, block.end - block.start)
