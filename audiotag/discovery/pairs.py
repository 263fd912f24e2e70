"""Pairs of tracks that sound the same, in a whole library: of about one length, and near in their embeddings.

In the order of their durations each track is compared with those that are hardly longer: by sketches
(sketch.py), and where these leave it open by the embeddings. The work grows with how many tracks are equally
long, unless they all sound the same: what is near more than CROWD others is not told apart from them by the
model (silence, noise, a model that learnt nothing), and is compared with nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audiotag.discovery.sameness import COSINE, SECONDS
from audiotag.discovery.sketch import may_be_near
from audiotag.library.embeddings import Space, vectors_of_rows
from audiotag.library.store import Store

# More that sound alike are no copies of one recording.
CROWD = 50
# Tracks that are compared with all later ones at once, and how many of those at a time: 16 MB of embeddings.
_BLOCK, _COLUMNS = 256, 8192
# Where sketches leave open more than that, of each track in the mean, all of the embeddings are looked at.
_FEW = 8


@dataclass(frozen=True)
class Pairs:
    """first, second (n,) int64: places in what was compared; cosines (n,) float32."""

    first: np.ndarray
    second: np.ndarray
    cosines: np.ndarray

    def among(self, good: np.ndarray) -> Pairs:
        """Those of which (n,) `good` says so."""
        return Pairs(self.first[good], self.second[good], self.cosines[good])


@dataclass(frozen=True)
class Compared:
    """Tracks in the order of their durations: rows (n,) int64, durations (n,) seconds, sketches (n, …)."""

    store: Store
    space: Space
    rows: np.ndarray
    durations: np.ndarray
    sketches: np.ndarray

    def pairs(self) -> tuple[Pairs, int]:
        """Those that sound the same, and how many tracks are in a crowd and so in no pair. Raises
        StoreError."""
        degrees = np.zeros(len(self.rows), np.int64)
        parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
        for start in range(0, len(self.rows), _BLOCK):
            block = np.arange(start, min(start + _BLOCK, len(self.rows)))
            for left, right in self._stretches(block):
                some = block[degrees[block] <= CROWD]
                others = left + np.flatnonzero(degrees[left:right] <= CROWD)
                found = self._near(some, others)
                for side in (found.first, found.second):
                    degrees += np.bincount(side, minlength=len(degrees))
                parts.append(self._alone(found, degrees))
        joined = (
            np.concatenate(one) for one in zip(*((p.first, p.second, p.cosines) for p in parts), strict=True)
        )
        return self._alone(Pairs(*joined), degrees), int((degrees > CROWD).sum())

    @staticmethod
    def _alone(pairs: Pairs, degrees: np.ndarray) -> Pairs:
        return pairs.among((degrees[pairs.first] <= CROWD) & (degrees[pairs.second] <= CROWD))

    def _stretches(self, block: np.ndarray) -> Iterator[tuple[int, int]]:
        """What is not before the block and hardly longer than its last, in parts."""
        end = int(np.searchsorted(self.durations, self.durations[block[-1]] + SECONDS, "right"))
        for left in range(int(block[0]), end, _COLUMNS):
            yield left, min(left + _COLUMNS, end)

    def _near(self, some: np.ndarray, others: np.ndarray) -> Pairs:
        """Pairs of one of `some` and a later one of `others` that is hardly longer and sounds the same."""
        here, there = np.nonzero(may_be_near(self.sketches[some], self.sketches[others], COSINE))
        open_ = self._fitting(Pairs(some[here], others[there], np.zeros(len(here), np.float32)))
        if len(open_.first) <= _FEW * len(some):
            places, numbers = np.unique(np.concatenate([open_.first, open_.second]), return_inverse=True)
            vectors = self._vectors(places)
            ends = vectors[numbers[: len(open_.first)]], vectors[numbers[len(open_.first) :]]
            found = Pairs(open_.first, open_.second, np.einsum("ij,ij->i", *ends))
            return found.among(found.cosines >= COSINE)
        cosines = self._vectors(some) @ self._vectors(others).T
        here, there = np.nonzero(cosines >= COSINE)
        return self._fitting(Pairs(some[here], others[there], cosines[here, there]))

    def _fitting(self, pairs: Pairs) -> Pairs:
        longer = self.durations[pairs.second] - self.durations[pairs.first]
        return pairs.among((pairs.second > pairs.first) & (longer <= SECONDS))

    def _vectors(self, places: np.ndarray) -> np.ndarray:
        return vectors_of_rows(self.store, self.space, self.rows[places].tolist())


def stars(pairs: Pairs, place: np.ndarray) -> dict[int, dict[int, float]]:
    """Groups around the tracks that have most others near them: of each such one those others, and their
    cosines.

    Each track is in one group, and near its middle: being near another member is not enough, so that no group
    drifts from one song to another. place: of each track, decides between equals.
    """
    near: dict[int, dict[int, float]] = {}
    each = (pairs.first.tolist(), pairs.second.tolist(), pairs.cosines.tolist())
    for one, other, cosine in zip(*each, strict=True):
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
