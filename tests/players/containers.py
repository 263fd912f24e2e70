"""A file of every container that is written, as players get it: titled, two genres by our own safe write.

Of Monkey's Audio, Musepack and Speex no encoder is at hand: their headers are true, their sound is noise
(tests/tags/handmade.py), and a player that listens before it reads takes no such file in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mutagen.dsf import DSF
from mutagen.id3 import TIT2

from audiotag.tags.change import Change
from audiotag.tags.safewrite.write import safe_write
from tests.helpers import dsd
from tests.helpers.audio_files import make_audio, tone
from tests.tags.dressing import dress
from tests.tags.handmade import make_handmade

GENRES = ("Jazz", "Folk")
_SECONDS = 1.0
_HANDMADE = frozenset({".ape", ".mpc", ".spx"})


@dataclass(frozen=True)
class Kind:
    """A container, and of ID3 its version. name: what the table of the documentation calls it.

    written: how several genres stand in it. codec: where the suffix leaves a choice, as make_audio takes it.
    """

    name: str
    suffix: str
    written: str
    id3_version: int | None = None
    codec: str | None = None

    @property
    def has_sound(self) -> bool:
        """Whether a player could play it."""
        return self.suffix not in _HANDMADE

    @property
    def file_name(self) -> str:
        words = "".join(letter if letter.isalnum() else " " for letter in self.name).split()
        return "-".join(words) + self.suffix

    def make(self, folder: Path) -> Path:
        """The file, with the two genres."""
        path = folder / self.file_name
        if self.suffix == ".dsf":
            _titled(dsd.make_dsf(path, tone(_SECONDS, 44_100), 44_100))
        elif not self.has_sound:
            dress(make_handmade(path), "partial")
        else:
            rate = 48_000 if self.suffix == ".opus" else 44_100
            make_audio(path, tone(_SECONDS, rate), rate, self.codec)
            dress(path, "partial", self.id3_version or 4)
        assert safe_write(path, Change(GENRES, id3_version=self.id3_version)).changed
        return path


def _titled(path: Path) -> Path:
    """The DSF file with a title; Kodi takes nothing from a tag that has none."""
    audio = DSF(path)
    audio.add_tags()
    audio.tags.add(TIT2(encoding=0, text=["A title"]))
    audio.save()
    return path


_V23, _V24 = "TCON, with /", "TCON, with a null"
_COMMENTS, _APE = "GENRE, twice", "Genre, with a null"

KINDS = (
    Kind("mp3, ID3v2.4", ".mp3", _V24, 4),
    Kind("mp3, ID3v2.3", ".mp3", _V23, 3),
    Kind("flac", ".flac", _COMMENTS),
    Kind("ogg", ".ogg", _COMMENTS),
    Kind("opus", ".opus", _COMMENTS),
    Kind("oga, FLAC", ".oga", _COMMENTS, codec="flac"),
    Kind("spx", ".spx", _COMMENTS),
    Kind("m4a", ".m4a", "©gen, two values"),
    Kind("wma", ".wma", "WM/Genre, twice"),
    Kind("wav, ID3v2.4", ".wav", f"{_V24}; IGNR, with ;", 4),
    Kind("wav, ID3v2.3", ".wav", f"{_V23}; IGNR, with ;", 3),
    Kind("aiff, ID3v2.4", ".aiff", _V24, 4),
    Kind("aiff, ID3v2.3", ".aiff", _V23, 3),
    Kind("dsf, ID3v2.4", ".dsf", _V24, 4),
    Kind("dsf, ID3v2.3", ".dsf", _V23, 3),
    Kind("tta, ID3v2.4", ".tta", _V24, 4),
    Kind("tta, ID3v2.3", ".tta", _V23, 3),
    Kind("ape", ".ape", _APE),
    Kind("wv", ".wv", _APE),
    Kind("mpc", ".mpc", _APE),
)
