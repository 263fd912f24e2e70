"""Pairs of tracks that sound the same, in a whole library: of about one length, and near in their embeddings.

In the order of their durations each track is compared with those that are hardly longer: by sketches
(sketch.py), and where these leave it open by the embeddings. The work grows with how many tracks are equally
long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from audiotag.discovery.sameness import COSINE, SECONDS
from audiotag.discovery.sketch import may_be_near
from audiotag.library.embeddings import Space, vectors_of_rows
from audiotag.library.store import Store

# More that sound alike are no copies of one recording.
CROWD = 50
# Tracks that are compared with all later ones at once, and how many of those at a time: 8 MB.
_BLOCK, _COLUMNS = 256, 8192


@dataclass
class Pairs:
    """Tracks in the order of their durations: rows (n,) int64, durations (n,) seconds, sketches (n, …).

    found: (place, later place, cosine) in that order. crowded: so many tracks may each be near more than
    CROWD others, so that the model does not tell them apart; they are in no pair."""

    store: Store
    space: Space
    rows: np.ndarray
    durations: np.ndarray
    sketches: np.ndarray
    found: list[tuple[int, int, float]] = field(default_factory=list)
    crowded: int = 0

    def find(self) -> None:
        """Fill `found` and `crowded`. Raises StoreError."""
        self._out = np.zeros(len(self.rows), bool)  # of a crowd
        for start in range(0, len(self.rows), _BLOCK):
            some = start + np.flatnonzero(~self._out[start : start + _BLOCK])
            if len(some):
                for one, others in self._candidates(some):
                    if len(others) > CROWD:
                        self.crowded += 1 + len(others)
                        self._out[[one, *others]] = True
                    else:
                        self._compare(one, others)
        self.found = [pair for pair in self.found if not (self._out[pair[0]] or self._out[pair[1]])]

    def _candidates(self, some: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Of each the later ones that may be near it; asked for as they are wanted."""
        counts = np.zeros(len(some), np.int64)
        parts = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        for left, right in self._stretches(some):
            here, there = self._near(some, left, right)
            counts += np.bincount(here, minlength=len(some))
            few = counts[here] <= CROWD
            parts.append((here[few], there[few]))
        here, there = (np.concatenate(one) for one in zip(*parts, strict=True))
        for number in np.flatnonzero(counts):
            one = some[number : number + 1]
            if self._out[one[0]]:
                continue
            if counts[number] <= CROWD:
                others = there[here == number]
            else:  # perhaps a crowd before it has taken some of them
                others = np.concatenate([self._near(one, *stretch)[1] for stretch in self._stretches(one)])
            others = others[~self._out[others]]
            if len(others):
                yield int(one[0]), others

    def _stretches(self, some: np.ndarray) -> Iterator[tuple[int, int]]:
        """What is not shorter than the first and hardly longer than the last of these, in parts."""
        end = int(np.searchsorted(self.durations, self.durations[some[-1]] + SECONDS, "right"))
        for left in range(int(some[0]), end, _COLUMNS):
            yield left, min(left + _COLUMNS, end)

    def _near(self, some: np.ndarray, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers in `some`, and places from left to right, later and hardly longer, that may be near
        them."""
        near = may_be_near(self.sketches[some], self.sketches[left:right], COSINE)
        here, there = np.nonzero(near & ~self._out[left:right])
        there += left
        good = there > some[here]
        good &= self.durations[there] - self.durations[some[here]] <= SECONDS
        return here[good], there[good]

    def _compare(self, one: int, others: np.ndarray) -> None:
        vectors = vectors_of_rows(self.store, self.space, self.rows[[one, *others]].tolist())
        cosines = vectors[1:] @ vectors[0]
        like = cosines >= COSINE
        near = zip(others[like].tolist(), cosines[like].tolist(), strict=True)
        self.found += [(one, other, cosine) for other, cosine in near]


def stars(pairs: list[tuple[int, int, float]], place: np.ndarray) -> dict[int, dict[int, float]]:
    """Groups around the tracks that have most others near them: of each such one those others, and their
    cosines.

    Each track is in one group, and near its middle: being near another member is not enough, so that no group
    drifts from one song to another. place: of each track, decides between equals.
    """
    near: dict[int, dict[int, float]] = {}
    for one, other, cosine in pairs:
        near.setdefault(one, {})[other] = cosine
        near.setdefault(other, {})[one] = cosine
    groups: dict[int, dict[int, float]] = {}
    taken: set[int] = set()
    for middle in sorted(near, key=lambda one: (-len(near[one]), int(place[one]))):
        members = {other: cosine for other, cosine in near[middle].items() if other not in taken}
        if middle not in taken and members:
            groups[middle] = members
            taken |= {middle, *members}
    return groups
