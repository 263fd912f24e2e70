"""Which side of a data set a track is on, where nobody has decided it: never an artist on two.

A network that was trained on an artist recognises the artist, the studio, the album; on another
song of theirs it shows how well it remembers, not how well it generalises.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from audiotag.errors import UsageError

SPLITS = ("train", "val", "test")

_ALL = ""  # stands for all genres together, whose shares matter where each has few tracks


@dataclass(frozen=True)
class Shares:
    """How much of each genre goes to `val` and `test`, 0..1; the rest is `train`. seed: of the draw."""

    val: float = 0.1
    test: float = 0.1
    seed: int = 1

    def __post_init__(self) -> None:
        if not (0 <= self.val <= 1 and 0 <= self.test <= 1 and self.val + self.test <= 1 + 1e-9):
            raise UsageError(
                f"the shares of val and test are 0 to 1 together, not {self.val:g} and {self.test:g}"
            )

    def of(self, split: str) -> float:
        return {"val": self.val, "test": self.test}.get(split, max(0.0, 1 - self.val - self.test))


def artist_group(artist: str, name: str) -> str:
    """What stays together: the songs of an artist; a file without one is alone."""
    folded = " ".join(artist.casefold().split())
    return f"artist {folded}" if folded else f"file {name}"


def split_groups(groups: Sequence[str], genres: Sequence[str], shares: Shares) -> list[str]:
    """The split of each track, given its group and genre; all tracks of a group get the same one.

    Largest groups first, equal ones in a drawn order, each to the split where it mends most
    of what the genres still lack there. So each genre comes as near to its shares as whole
    groups allow; all genres together count as one more. The order of the tracks does not matter.
    """
    contents: dict[str, Counter[str]] = defaultdict(Counter)
    for group, genre in zip(groups, genres, strict=True):
        contents[group].update((genre, _ALL))
    totals = Counter(genres) + Counter({_ALL: len(genres)})
    wanted = {s: {g: shares.of(s) * n for g, n in totals.items()} for s in SPLITS if shares.of(s) > 0}
    given: dict[str, Counter[str]] = {split: Counter() for split in wanted}

    def cost(split: str, content: Counter[str]) -> float:
        """How far the split's squared distance from what is wanted grows, relative to that."""
        left = {genre: wanted[split][genre] - given[split][genre] for genre in content}
        return sum(n * (n - 2 * left[genre]) / wanted[split][genre] for genre, n in content.items())

    chosen = {}
    for group in sorted(contents, key=lambda group: (-contents[group][_ALL], _draw(shares.seed, group))):
        content = contents[group]
        split = min(wanted, key=lambda split: cost(split, content))
        given[split] += content
        chosen[group] = split
    return [chosen[group] for group in groups]


def number_groups(groups: Sequence[str], names: Sequence[str]) -> list[int]:
    """A track id for each track: by one within a group, by a hundred from group to group.

    As FMA numbers an album's tracks, so that near ids mean related tracks here too.
    """
    ids = [0] * len(groups)
    last, number = None, 0
    for i in sorted(range(len(groups)), key=lambda i: (groups[i], names[i])):
        number += 1 if groups[i] == last else 100
        ids[i], last = number, groups[i]
    return ids


def _draw(seed: int, group: str) -> bytes:
    """A random number that depends on nothing but seed and group."""
    return hashlib.sha256(f"{seed} {group}".encode("utf-8", "surrogateescape")).digest()
