"""The ID3v1 block at the end of files with APEv2 tags: what it says, and its number for a genre.

FFmpeg shows its genre and not the tag's; TagLib shows its fields only while there is no APEv2 item.
"""

from __future__ import annotations

from collections.abc import Sequence

from mutagen.id3 import TCON

SIZE = 128
_FIELDS = {"Title": (3, 33), "Artist": (33, 63), "Album": (63, 93), "Year": (93, 97), "Comment": (97, 127)}
_TRACK_MARK, _TRACK, _COMMENT_END = 125, 126, 125
_NO_GENRE = 255


def fields(block: bytes) -> dict[str, str]:
    """What a block says, its genre left out, by the names that APEv2 has for it."""
    has_track = block[_TRACK_MARK] == 0 and block[_TRACK] != 0
    found = {}
    for name, (start, end) in _FIELDS.items():
        stop = _COMMENT_END if has_track and name == "Comment" else end
        text = block[start:stop].partition(b"\0")[0].decode("latin-1").strip()
        if text:
            found[name] = text
    if has_track:
        found["Track"] = str(block[_TRACK])
    return found


def genre_of(block: bytes) -> tuple[str, ...]:
    """The genre whose number it has; none where that means nothing."""
    number = block[SIZE - 1]
    return (TCON.GENRES[number],) if number < len(TCON.GENRES) else ()


def number_of(genres: Sequence[str]) -> int:
    """The number of the first of the genres that has one; 255, none, where no one has."""
    known = {name.casefold(): number for number, name in enumerate(TCON.GENRES)}
    return next((known[genre.casefold()] for genre in genres if genre.casefold() in known), _NO_GENRE)
