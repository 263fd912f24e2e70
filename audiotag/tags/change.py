"""What a write changes in a file's tags: the genre, and what audiotag says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Where a genre came from; written with --provenance, and kept true wherever it stands already.
MODEL_TEXT, PROBABILITIES_TEXT = "AUDIOTAG_MODEL", "AUDIOTAG_PROBABILITIES"
OWN_TEXTS = (MODEL_TEXT, PROBABILITIES_TEXT)

# How the names of the other places begin in which a file may say a genre (places.py).
PLACE = "genre in "

# The field of each name in OWN_TEXTS: its values, none where the file has no such field.
Texts = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Change:
    """What is to become of a file's tags; all that is not named here stays as it is.

    genres: the genre's values, none removes the field. texts: new values of fields in OWN_TEXTS,
    none removes one. id3_version: 3 or 4 writes an ID3 tag anew in that version, None keeps the
    one it has. elsewhere: other places in the file that say a genre, by the names that
    TrackTags.elsewhere has, and what is to stand there; None lets all of them follow `genres`.
    """

    genres: tuple[str, ...]
    texts: Texts = field(default_factory=dict)
    id3_version: int | None = None
    elsewhere: Texts | None = None

    @property
    def takes_back(self) -> bool:
        """Whether this may take back a write that made a new tag: that tag then goes with it."""
        return self.elsewhere is not None or not self.genres

    def elsewhere_of(self, place: str, following: tuple[str, ...]) -> tuple[str, ...] | None:
        """What is to stand in another place, `following` if it follows; None where it stays."""
        return following if self.elsewhere is None else self.elsewhere.get(place)

    def check(self) -> None:
        """Raises ValueError for what no tag can hold."""
        lists = (self.genres, *self.texts.values(), *(self.elsewhere or {}).values())
        if any("\0" in value for values in lists for value in values):
            raise ValueError("a tag's value must not contain a null character")
        unknown = set(self.texts) - set(OWN_TEXTS)
        if unknown:
            raise ValueError(f"audiotag does not write the fields {', '.join(sorted(unknown))}")
