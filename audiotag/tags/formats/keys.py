"""What each kind of tag calls the fields that are read."""

from __future__ import annotations

from dataclasses import dataclass

from audiotag.tags.formats import asf, mp4_texts


@dataclass(frozen=True)
class Keys:
    """What a kind of tag calls the fields that are read; `text` is for those in OWN_TEXTS."""

    genre: str
    artist: str
    album: str
    title: str
    text: str = "{}"


ID3 = Keys("TCON", "TPE1", "TALB", "TIT2", "TXXX:{}")
VORBIS = Keys("genre", "artist", "album", "title")
MP4_ATOMS = Keys("\xa9gen", "\xa9ART", "\xa9alb", "\xa9nam", f"----:{mp4_texts.FREEFORM_OWNER}:{{}}")
ASF_NAMES = Keys(asf.GENRE, "Author", "WM/AlbumTitle", "Title")
APE = Keys("Genre", "Artist", "Album", "Title")
INFO = Keys("IGNR", "IART", "IPRD", "INAM")
