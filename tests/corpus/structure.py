"""What the corpus is made of: one declaration for each odd way to lay out a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

SUFFIXES = {
    "mp3": ".mp3",
    "flac": ".flac",
    "vorbis": ".ogg",
    "opus": ".opus",
    "speex": ".spx",
    "ogg flac": ".oga",
    "mp4": ".m4a",
    "asf": ".wma",
    "wav": ".wav",
    "aiff": ".aiff",
    "ape": ".ape",
    "wavpack": ".wv",
    "musepack": ".mpc",
    "tta": ".tta",
    "dsf": ".dsf",
}


Build = Callable[[], bytes]


@dataclass(frozen=True)
class Structure:
    """One kind of file: its container, what is particular about it, and the bytes of one.

    expect: what has to become of it. says: a regular expression found in the reason of a refusal.
    kept: bytes that must still be in the file, in this order, after a write.
    unseen_by: readers (readers.READERS) that never look at the tag into which the genre belongs.
    misread_by: readers that do not read its texts as they are.
    by_id3v1: readers that take the ID3v1 block alone, which has numbers for some genres only.
    """

    container: str
    name: str
    build: Build
    expect: Literal["written", "refused"] = "written"
    says: str = ""
    kept: tuple[bytes, ...] = ()
    unseen_by: tuple[str, ...] = ()
    misread_by: tuple[str, ...] = ()
    by_id3v1: tuple[str, ...] = ()
    suffix: str = ""

    @property
    def file_name(self) -> str:
        """The name of the file: readers go by the suffix before they look inside."""
        return "song" + (self.suffix or SUFFIXES[self.container])

    @property
    def id(self) -> str:
        """How the tests call it."""
        return f"{self.container}: {self.name}"
