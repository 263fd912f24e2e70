"""How a delta is bound to the two files: it knows both by their SHA-256.

Sound that both have is hashed once, by itself, wherever it lies in each; all else of each file is
hashed beside it. The deltas of older libraries have the digests of the whole files.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import BinaryIO

from audiotag.tags.formats.draft import Draft
from audiotag.tags.formats.recipe import Recipe, Span
from audiotag.tags.formats.spans import digest_of, hash_span, size_of

# An older delta begins with a digest: it would have to be this one.
_MAGIC = b"audiotag delta\0\2"
_OLDER = struct.Struct("<32s32sQQ")
_HEAD = struct.Struct("<16s32s32s32sQQI")
_SPAN, _BYTES = struct.Struct("<BQQQ"), struct.Struct("<BQ")
# Of bytes that stand in no file, so many may be in the digest of the sound; more are not kept.
_MOST_BYTES = 1 << 12


@dataclass(frozen=True)
class Shared:
    """Sound that two files share: what its digest is made of in the old one and in the new one."""

    old: Recipe
    new: Recipe
    digest: bytes


# A part of the sound: bytes, or how long a span is and where it begins in the old and the new file.
_Part = bytes | tuple[int, int, int]


@dataclass(frozen=True)
class Head:
    """sound: the digest that `parts` make. old, new: of all else in each file. start, length: of what
    differs in the new one."""

    sound: bytes
    old: bytes
    new: bytes
    start: int
    length: int
    parts: tuple[_Part, ...]

    def pack(self) -> bytes:
        """As it stands in front of a delta."""
        recipe = b"".join(map(_packed, self.parts))
        values = (self.sound, self.old, self.new, self.start, self.length, len(recipe))
        return _HEAD.pack(_MAGIC, *values) + recipe

    def is_of_new(self, file: BinaryIO) -> bool:
        """Whether an open file is the new one."""
        spans = _spans(self.parts, 2)
        if not _holds(file, spans) or _rest(file, spans) != self.new:
            return False
        return _sound(file, self.parts, 2) == self.sound

    def is_of_old(self, file: BinaryIO) -> bool:
        """Whether an open file is the old one; a draft of the new one takes over its sound."""
        spans = _spans(self.parts, 1)
        if not _holds(file, spans) or _rest(file, spans) != self.old:
            return False
        if isinstance(file, Draft) and all(
            isinstance(part, bytes) or file.origin(part[1], part[1] + part[0]) == part[2]
            for part in self.parts
        ):
            return True
        return _sound(file, self.parts, 1) == self.sound

    def sound_of_old(self, recipe: Recipe) -> bytes | None:
        """The digest that a recipe for the old file makes, if that is known."""
        parts = [part if isinstance(part, bytes) else (part[1], part[1] + part[0]) for part in self.parts]
        return self.sound if parts and parts == recipe.parts else None


@dataclass(frozen=True)
class OlderHead:
    """old, new: the digests of the whole files."""

    old: bytes
    new: bytes
    start: int
    length: int

    def is_of_new(self, file: BinaryIO) -> bool:
        """Whether an open file is the new one."""
        return digest_of(file, 0, size_of(file)) == self.new

    def is_of_old(self, file: BinaryIO) -> bool:
        """Whether an open file is the old one."""
        return digest_of(file, 0, size_of(file)) == self.old

    def sound_of_old(self, _recipe: Recipe) -> None:
        """Not known."""
        return


def head_of(old: BinaryIO, new: BinaryIO, shared: Shared | None, start: int, length: int) -> Head:
    """The head of a delta between two open files."""
    parts = () if shared is None else _parts(shared)
    sound = hashlib.sha256().digest() if shared is None or not parts else shared.digest
    rests = _rest(old, _spans(parts, 1)), _rest(new, _spans(parts, 2))
    return Head(sound, *rests, start, length, parts)


def unpack(delta: bytes) -> tuple[Head | OlderHead, int]:
    """The head of a delta, and where it ends."""
    if not delta.startswith(_MAGIC):
        return OlderHead(*_OLDER.unpack_from(delta)), _OLDER.size
    _magic, sound, old, new, start, length, size = _HEAD.unpack_from(delta)
    parts: list[_Part] = []
    at, end = _HEAD.size, _HEAD.size + size
    while at < end:
        if delta[at]:
            _kind, *span = _SPAN.unpack_from(delta, at)
            at += _SPAN.size
            parts.append((span[0], span[1], span[2]))
        else:
            _kind, count = _BYTES.unpack_from(delta, at)
            at += _BYTES.size + count
            parts.append(delta[at - count : at])
    return Head(sound, old, new, start, length, tuple(parts)), end


def _packed(part: _Part) -> bytes:
    if isinstance(part, bytes):
        return _BYTES.pack(0, len(part)) + part
    return _SPAN.pack(1, *part)


def _parts(shared: Shared) -> tuple[_Part, ...]:
    """Nothing where it would be much to keep, or the spans do not follow one another."""
    if not (shared.old.is_in_order and shared.new.is_in_order):
        return ()
    parts: list[_Part] = []
    for one, other in zip(shared.old.parts, shared.new.parts, strict=True):
        if isinstance(one, bytes):
            assert one == other, "shared sound is fed alike"
            parts.append(one)
        else:
            assert not isinstance(other, bytes), "shared sound is fed alike"
            assert one[1] - one[0] == other[1] - other[0], "shared sound is as long in both"
            parts.append((one[1] - one[0], one[0], other[0]))
    return tuple(parts) if sum(len(_packed(part)) for part in parts) <= _MOST_BYTES else ()


def _spans(parts: tuple[_Part, ...], side: int) -> list[Span]:
    """Where the sound lies in the old file (1) or in the new one (2)."""
    return [(part[side], part[side] + part[0]) for part in parts if not isinstance(part, bytes)]


def _holds(file: BinaryIO, spans: list[Span]) -> bool:
    return not spans or spans[-1][1] <= size_of(file)


def _sound(file: BinaryIO, parts: tuple[_Part, ...], side: int) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, bytes):
            digest.update(part)
        else:
            hash_span(file, part[side], part[side] + part[0], digest)
    return digest.digest()


def _rest(file: BinaryIO, spans: list[Span]) -> bytes:
    """The digest of all but these spans, and of how long the file is."""
    size, at = size_of(file), 0
    digest = hashlib.sha256(b"%d;" % size)
    for start, end in [*spans, (size, size)]:
        hash_span(file, at, start, digest)
        at = end
    return digest.digest()
