"""What the owner's files say, as genres: a word each, however it is spelt, and which can be learnt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from audiotag.errors import LearnError
from audiotag.tags.formats.read import meaning
from audiotag.tags.sameness import PLACEHOLDERS, parted, sameness
from audiotag.text import prints

# Of fewer tracks nothing can be said of what was left out, and an artist alone is a voice, not a genre.
FEWEST_TRACKS = 8
FEWEST_ARTISTS = 2
# As many as have the most tracks; a fit takes the longer, the more there are.
MOST_GENRES = 200
_LONGEST = 200  # characters; more is a comment
_SHOWN = 60  # of them, in a message


class Cleaning:
    """How texts become words: by the map (as tags.genremap gives it), and without the placeholders."""

    def __init__(
        self,
        genre_map: Mapping[str, Sequence[str]] | None = None,
        placeholders: Iterable[str] = PLACEHOLDERS,
    ) -> None:
        self._map = {sameness(key): tuple(values) for key, values in (genre_map or {}).items()}
        self._placeholders = frozenset(map(sameness, placeholders))

    def words(self, genres: Iterable[str]) -> tuple[str, ...]:
        """Each genre that a file's texts mean once: "Rock; Folk" is two, "(17)" is Rock."""
        found: dict[str, str] = {}
        for text in genres:
            for word in self._mapped(text):
                found.setdefault(sameness(word), word)
        return tuple(word for key, word in found.items() if key not in self._placeholders)

    def _mapped(self, text: str) -> Iterator[str]:
        whole = self._map.get(sameness(text))
        if whole is not None:
            yield from whole
            return
        for word in meaning(parted(text), id3_version=4):
            yield from self._map.get(sameness(word), (word,))


@dataclass(frozen=True)
class LeftOut:
    """A genre that is not learnt, and why."""

    name: str
    tracks: int
    artists: int
    why: str


@dataclass(frozen=True)
class Vocabulary:
    """names: the genres to be learnt, in an order that does not depend on how they are called.
    labels (n, genres) bool: which of them each track has. left_out: the others, most tracks first."""

    names: tuple[str, ...]
    labels: np.ndarray
    left_out: tuple[LeftOut, ...] = field(default=())


def vocabulary(words: Sequence[Sequence[str]], groups: np.ndarray) -> Vocabulary:
    """The genres of tracks with these words each. groups (n,) int: the artist of each.

    A genre is called as most tracks spell it. Raises LearnError where fewer than two can be learnt.
    """
    spellings: dict[str, Counter[str]] = {}
    members: dict[str, list[int]] = {}
    for number, some in enumerate(words):
        for word in some:
            key = sameness(word)
            spellings.setdefault(key, Counter())[word] += 1
            members.setdefault(key, []).append(number)
    kept: list[str] = []
    left_out = []
    by_size = sorted(members, key=lambda key: (-len(members[key]), members[key]))
    for key in by_size:
        name = _usual(spellings[key])
        artists = len(np.unique(groups[members[key]]))
        why = _why_not(name, len(members[key]), artists) or (
            f"only the {MOST_GENRES} genres with the most tracks are learnt"
            if len(kept) == MOST_GENRES
            else ""
        )
        if why:
            left_out.append(LeftOut(name, len(members[key]), artists, why))
        else:
            kept.append(key)
    if len(kept) < 2:
        raise LearnError(_too_few(kept, spellings, left_out, groups))
    labels = np.zeros((len(words), len(kept)), bool)
    for column, key in enumerate(kept):
        labels[members[key], column] = True
    return Vocabulary(tuple(_usual(spellings[key]) for key in kept), labels, tuple(left_out))


def in_short(name: str) -> str:
    """A genre as a message can hold it: some files have a whole review there."""
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}… ({len(name):,} characters)"


def by_reason(left_out: Iterable[LeftOut]) -> dict[str, list[LeftOut]]:
    """The genres that are not learnt, by why."""
    found: dict[str, list[LeftOut]] = {}
    for one in left_out:
        found.setdefault(one.why, []).append(one)
    return found


def _usual(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda word: (-spellings[word], word))


def _why_not(name: str, tracks: int, artists: int) -> str:
    if tracks < FEWEST_TRACKS:
        return f"fewer than {FEWEST_TRACKS} tracks"
    if artists < FEWEST_ARTISTS:
        return "a single artist"
    if len(name) > _LONGEST or not all(map(prints, name)):
        return "no name for a genre: too long, or with control characters"
    return ""


def _too_few(
    kept: Sequence[str],
    spellings: Mapping[str, Counter[str]],
    left_out: Collection[LeftOut],
    groups: np.ndarray,
) -> str:
    """Why there is nothing to learn, and what would help."""
    if len(np.unique(groups)) < FEWEST_ARTISTS:
        return (
            f"all {len(groups):,} tracks with a genre are by one artist, so that nothing can be left out to "
            "judge by; tag tracks of others as well"
        )
    if kept:
        others = f" ({_examples(left_out)})" if left_out else ""
        return (
            f"one genre only can be learnt, {_usual(spellings[kept[0]])}, and it takes two to tell apart; "
            f"tag {FEWEST_TRACKS} tracks or more, of {FEWEST_ARTISTS} artists, with another{others}"
        )
    return (
        f"none of {len(left_out):,} genres can be learnt: each needs {FEWEST_TRACKS} tracks of "
        f"{FEWEST_ARTISTS} artists ({_examples(left_out)}); tag more, or join some with --map"
    )


def _examples(left_out: Collection[LeftOut]) -> str:
    shown = [f"{in_short(one.name)}: {one.why}" for one in list(left_out)[:3]]
    return "; ".join([*shown, "…"] if len(left_out) > len(shown) else shown)
