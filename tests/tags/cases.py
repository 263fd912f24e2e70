"""Every kind of file that tags are tested on: container, codec, how full, which ID3 version."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.audio_files import CODECS
from tests.tags.dressing import LEVELS, apev2_tag, dress, id3v1_block, lyrics3_tag
from tests.tags.handmade import make_handmade

AudioFile = Callable[..., Path]

ENCODED: tuple[tuple[str, str | None], ...] = (
    *((suffix, None) for suffix in CODECS),
    (".m4a", "alac"),
    (".ogg", "libopus"),
    (".ogg", "flac"),
)
# No encoder for these is at hand, so they cannot be decoded either.
HANDMADE_SUFFIXES = (".ape", ".mpc", ".spx")
HANDMADE = tuple((suffix, "handmade") for suffix in HANDMADE_SUFFIXES)
ID3_SUFFIXES = (".mp3", ".tta", ".wav", ".aiff")


@dataclass(frozen=True)
class Case:
    """level: see dressing.LEVELS. tail: ID3v1, APEv2 and Lyrics3 blocks behind the audio as well."""

    suffix: str
    codec: str | None
    level: str
    id3_version: int = 4
    tail: bool = False

    @property
    def name(self) -> str:
        codec = self.codec or self.suffix[1:]
        return f"{codec}-{self.level}-{self.id3_version}" + ("-tail" if self.tail else "")

    @property
    def can_be_decoded(self) -> bool:
        return self.codec != "handmade"

    def make(self, path: Path, audio_file: AudioFile) -> Path:
        """Make the file at `path`, whose suffix is the case's."""
        if self.codec == "handmade":
            make_handmade(path)
        else:
            shutil.copyfile(audio_file(self.suffix, self.codec), path)
        dress(path, self.level, self.id3_version)
        if self.tail:
            with path.open("ab") as file:
                file.write(apev2_tag(Artist="APE artist", Genre="Pop") + lyrics3_tag() + id3v1_block(9))
        return path


def cases() -> Iterator[Case]:
    """All of them."""
    for suffix, codec in (*ENCODED, *HANDMADE):
        for level in LEVELS:
            versions = (3, 4) if suffix in ID3_SUFFIXES and level != "bare" else (4,)
            for version in versions:
                yield Case(suffix, codec, level, version)
                if suffix == ".mp3":
                    yield Case(suffix, codec, level, version, tail=True)
