"""When two genre texts are the same genre, and when a text is no genre at all.

Only comparing is done here: what stands in a file is never rewritten for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

# What programs and hurried people write where they know no genre.
PLACEHOLDERS = (
    "Unknown", "Unknown Genre", "Genre Unknown", "Other", "Others", "Misc", "Miscellaneous",
    "Genre", "No Genre", "None", "Null", "N/A", "Not available", "Not set", "Not specified",
    "Undefined", "Unspecified", "Unclassified", "Unclassifiable", "Uncategorized", "Uncategorised",
    "Untagged", "Unset", "Blank", "Empty", "Default", "TBD", "-", "--", "---", "?", "??", "???", ".", "...",
    "255",  # the ID3 code for none
    "Unbekannt", "Unbekanntes Genre", "Inconnu", "Genre inconnu", "Desconocido", "Género desconocido",
    "Desconhecido", "Sconosciuto", "Genere sconosciuto", "Onbekend", "Okänd", "Nieznany",
    "Неизвестно", "Неизвестный жанр", "不明", "未知",
)  # fmt: skip

# "Rock; Folk", "Rock|Folk", "Rock / Folk", "Rock\\\\Folk", "Rock, Folk": one text for several genres.
_SEPARATORS = re.compile(r"[;|/\\\0\n、；／｜]")
_COMMAS = re.compile(r"[,，]")
# "Folk, World, & Country" is one genre's name, written as a sentence is.
_PROSE = re.compile(r",\s*(?:&|and\b|und\b|et\b|y\b)", re.IGNORECASE)


def sameness(text: str) -> str:
    """What two spellings of one genre have in common: "Hip Hop", "hip-hop" and "HipHop"."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("&", "and")
    letters = "".join(c for c in plain if unicodedata.category(c)[0] in "LNM")
    return letters or "".join(plain.split())


def genres_in(text: str) -> Iterator[str]:
    """The `sameness` of a stored text, and of each genre in it where it joins several."""
    yield sameness(text)
    yield from _parts(text)


def parted(text: str) -> list[str]:
    """The genres that a stored text joins, each as it is spelt there."""
    parts = _SEPARATORS.split(text)
    if not _PROSE.search(text):
        parts = [piece for part in parts for piece in _COMMAS.split(part)]
    return [part.strip() for part in parts if part.strip()]


def _parts(text: str) -> Iterator[str]:
    yield from map(sameness, parted(text))


def is_placeholder(text: str, placeholders: Collection[str]) -> bool:
    """Whether a stored text says no genre, nor any of several that it joins ("Other; Unknown").

    `placeholders` are given as `sameness` gives them.
    """
    if not placeholders:
        return False
    parts = list(_parts(text))
    return sameness(text) in placeholders or (bool(parts) and all(part in placeholders for part in parts))
