"""What each kind of tag calls the fields that are read."""

from __future__ import annotations

from dataclasses import dataclass

from audiotag.tags.formats import asf, mp4_texts


@dataclass(frozen=True)
class Keys:
    """What a kind of tag calls the fields that are read; `text` is for those in OWN_TEXTS.

    years: those with a date, in the order in which they count: first the one that players show, of this
    release or recording, and then those of the first one.
    """

    genre: str
    artist: str
    album: str
    title: str
    years: tuple[str, ...]
    text: str = "{}"


# The names of versions 2.2 and 2.3 are in mutagen's hands those of 2.3.
_ID3_YEARS = ("TDRC", "TYER", "TDRL", "TDOR", "TORY", "TXXX:originalyear")
_MP4_TEXT = f"----:{mp4_texts.FREEFORM_OWNER}:{{}}"
_MP4_YEARS = (
    "\xa9day",
    *map(_MP4_TEXT.format, ("originaldate", "originalyear", "ORIGINALDATE", "ORIGINALYEAR")),
)
_ASF_YEARS = ("WM/Year", "WM/OriginalReleaseYear", "WM/OriginalReleaseTime")

ID3 = Keys("TCON", "TPE1", "TALB", "TIT2", _ID3_YEARS, "TXXX:{}")
VORBIS = Keys(
    "genre", "artist", "album", "title", ("date", "year", "releasedate", "originaldate", "originalyear")
)
MP4_ATOMS = Keys("\xa9gen", "\xa9ART", "\xa9alb", "\xa9nam", _MP4_YEARS, _MP4_TEXT)
ASF_NAMES = Keys(asf.GENRE, "Author", "WM/AlbumTitle", "Title", _ASF_YEARS)
APE = Keys("Genre", "Artist", "Album", "Title", ("Year", "Date", "Originaldate", "Originalyear"))
INFO = Keys("IGNR", "IART", "IPRD", "INAM", ("ICRD",))
