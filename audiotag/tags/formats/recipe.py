"""What a digest of sound is made of: spans of the file, and bytes in between.

A container feeds the audio of a file to a digest (Container.hash_payload). A recipe in place of one
is told where that audio lies, and nothing is read for it (spans.hash_span). So two files can be
compared by the places of their audio, and what is read for another reason can be hashed along.
"""

from __future__ import annotations

import hashlib
from collections import deque
from itertools import pairwise

# Of a container that feeds more besides spans the audio is no matter of places: Ogg's packets are not.
_MOST_BYTES = 1 << 20

Span = tuple[int, int]


class NoRecipeError(Exception):
    """A digest that is made of other things than spans."""


class Recipe:
    """In place of a digest: `parts` says what it would be fed with, in that order."""

    def __init__(self) -> None:
        self.parts: list[bytes | Span] = []
        self._bytes = 0

    def update(self, data: bytes, /) -> None:
        """Bytes that need not stand in the file like that. Raises NoRecipeError where there are many."""
        self._bytes += len(data)
        if self._bytes > _MOST_BYTES:
            raise NoRecipeError
        if self.parts and isinstance(self.parts[-1], bytes):
            data = self.parts.pop() + data  # type: ignore[operator]
        self.parts.append(bytes(data))

    def span(self, start: int, end: int) -> None:
        """The file's bytes from `start` up to `end`."""
        if start < end:
            self.parts.append((start, end))

    @property
    def spans(self) -> list[Span]:
        """Those parts that stand in the file."""
        return [part for part in self.parts if not isinstance(part, bytes)]

    @property
    def is_in_order(self) -> bool:
        """Whether the spans stand in the file as they follow here."""
        return all(one[1] <= other[0] for one, other in pairwise(self.spans))


class AlongDigest:
    """The SHA-256 that a recipe stands for, of a file whose bytes pass in their order, all of them."""

    def __init__(self, recipe: Recipe) -> None:
        assert recipe.is_in_order, "a span that has passed does not come again"
        self._waiting = deque(recipe.parts)
        self._digest = hashlib.sha256()

    def pass_by(self, at: int, data: memoryview) -> None:
        """The next bytes of the file, which stand there from `at` on."""
        while self._waiting:
            part = self._waiting[0]
            if isinstance(part, bytes):
                self._digest.update(part)
            else:
                start, end = part
                if start >= at + len(data):
                    return
                self._digest.update(data[max(start, at) - at : end - at])
                if end > at + len(data):
                    return
            self._waiting.popleft()

    def digest(self) -> bytes:
        """Once all has passed. ValueError where the file was too short."""
        for part in self._waiting:
            if not isinstance(part, bytes):
                raise ValueError("the file is shorter than its structure says")
            self._digest.update(part)
        return self._digest.digest()
