"""What a track's genre should become: pure decisions, no file is touched.

Laws: under `fill` a genre that the user has is never changed, and under `append` never lost;
no genre is written that is less likely than its threshold, or than `min_confidence` where that is
given, and no style without its parent; deciding again on the outcome changes nothing.
A placeholder ("Unknown") is no genre: `fill` and `append` put one in its place, and where there is
none to put, it stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, NamedTuple

from audiotag.errors import UsageError
from audiotag.library.records import Judged, best_first
from audiotag.tags.sameness import PLACEHOLDERS, genres_in, is_placeholder, sameness


class Prediction(NamedTuple):
    """A genre of the model, and the styles below it."""

    genre: Judged
    styles: tuple[Judged, ...] = ()


class Policy(str, Enum):
    """What to do with a genre that is there already."""

    FILL = "fill"
    APPEND = "append"
    REPLACE = "replace"


@dataclass(frozen=True)
class Rules:
    """How to decide: the policy, how many genres at most, the map.

    min_confidence: the lowest probability (0..1) of any genre; None: each genre's own threshold.
    styles: whether each genre is followed by those of its styles that reach their thresholds,
    which are always the styles' own.
    The keys of `genre_map` are casefolded, as `genremap.load_genre_map` gives them.
    `placeholders` are the texts that count as no genre, as `sameness` gives them.
    """

    policy: Policy = Policy.FILL
    top: int = 1
    min_confidence: float | None = None
    genre_map: Mapping[str, Sequence[str]] = field(default_factory=dict)
    placeholders: Collection[str] = frozenset(map(sameness, PLACEHOLDERS))
    styles: bool = False

    def __post_init__(self) -> None:
        if self.top < 1:
            raise UsageError(f"--top must be at least 1, not {self.top}")
        if self.min_confidence is not None and not 0.0 <= self.min_confidence <= 1.0:
            raise UsageError(f"--min-confidence must be between 0 and 1, not {self.min_confidence}")


@dataclass(frozen=True)
class Own:
    """What audiotag `wrote` the last time, and what it `found` before it wrote the first time."""

    wrote: tuple[str, ...]
    found: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What to do with one track. `confidence` is the best genre's probability, None without one."""

    action: Literal["write", "keep"]
    old: tuple[str, ...]
    new: tuple[str, ...]
    confidence: float | None
    reason: str


def decide(
    current: Sequence[str],
    predicted: Sequence[Prediction],
    rules: Rules,
    own: Own | None = None,
) -> Decision:
    """Decide on one track from the genres it has and those predicted.

    A genre that audiotag wrote and nobody has changed since (`own.wrote` equals `current`) may be
    updated under every policy; what the user had before stays, except under `replace`.
    """
    old = tuple(current)
    styles = {each.genre.name: each.styles for each in predicted}
    ranked = best_first(_with_threshold(each.genre, rules) for each in predicted)
    confidence = ranked[0].probability if ranked else None

    def keep(reason: str) -> Decision:
        return Decision("keep", old, old, confidence, reason)

    is_own = own is not None and bool(old) and own.wrote == old
    has_genre = not all(is_placeholder(genre, rules.placeholders) for genre in old)
    if rules.policy is Policy.FILL and has_genre and not is_own:
        return keep("has a genre")
    if confidence is None:
        return keep("no prediction")
    likely = [genre for genre in ranked[: rules.top] if genre.reaches]
    if not likely:
        return keep(_why_unlikely(ranked[0]))
    wanted = _distinct(name for genre in likely for name in _names(genre, styles[genre.name], rules))
    if not wanted:
        return keep("silenced by the map")
    new = _joined(_kept(old, rules.policy, own if is_own else None), wanted, rules.placeholders)
    if new == old:
        return keep("already so")
    return Decision("write", old, new, confidence, "own genre, updated" if is_own else rules.policy.value)


def mapped(genre: str, genre_map: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What the map makes of a genre: other names, none, or the genre itself."""
    return tuple(genre_map.get(genre.casefold(), (genre,)))


def _with_threshold(genre: Judged, rules: Rules) -> Judged:
    return genre if rules.min_confidence is None else genre._replace(threshold=rules.min_confidence)


def _why_unlikely(best: Judged) -> str:
    if best.threshold is None:
        return f"not written by default: {best.name} {best.probability:.2f}"
    return f"below threshold {_compared(best.probability, best.threshold)}"


def _names(genre: Judged, styles: Iterable[Judged], rules: Rules) -> tuple[str, ...]:
    """What is written for a genre: its names, and if asked for those of its styles, unless it has none."""
    names = mapped(genre.name, rules.genre_map)
    if not names or not rules.styles:
        return names
    likely = [style.name for style in best_first(styles) if style.reaches]
    return (*names, *(name for style in likely for name in mapped(style, rules.genre_map)))


def _kept(old: tuple[str, ...], policy: Policy, own: Own | None) -> tuple[str, ...]:
    """The genres on the file that stay beside the new ones."""
    if policy is Policy.REPLACE:
        return ()
    if own is None:
        return old
    found = {genre.casefold() for genre in own.found}
    return tuple(genre for genre in old if genre.casefold() in found)


def _joined(kept: tuple[str, ...], wanted: tuple[str, ...], placeholders: Collection[str]) -> tuple[str, ...]:
    """What stays and what is wanted beside it; placeholders go when something comes."""
    real = tuple(genre for genre in kept if not is_placeholder(genre, placeholders))
    present = {each for genre in real for each in genres_in(genre)}
    added = tuple(genre for genre in wanted if sameness(genre) not in present)
    return (*real, *added) if added else kept


def _distinct(genres: Iterable[str]) -> tuple[str, ...]:
    """Each genre once, however it is spelt, in the order and spelling of its first appearance."""
    first: dict[str, str] = {}
    for genre in genres:
        first.setdefault(sameness(genre), genre)
    return tuple(first.values())


def _compared(value: float, limit: float) -> str:
    """Both numbers with as many digits as it takes to tell them apart."""
    digits = next((n for n in (2, 3, 4) if f"{value:.{n}f}" != f"{limit:.{n}f}"), 6)
    return f"{value:.{digits}f} < {limit:.{digits}f}"
