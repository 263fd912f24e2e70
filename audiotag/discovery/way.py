"""A short way through points: the travelling salesman's problem, of an open way, nearly solved.

As is usual: the nearest point that is left comes next, and what that leaves crooked is straightened by 2-opt
and Or-opt (Croes, "A Method for Solving Traveling-Salesman Problems", 1958; Or, 1976). A way can only get
shorter where some point comes to lie beside one of its nearest, so that no more than those are tried
(Bentley, "Fast Algorithms for Geometric Traveling Salesman Problems", 1992).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

# How many of its nearest each point may be joined to.
_NEAREST = 8
# The longest run of points that Or-opt moves as a whole.
_RUN = 3
# Points are looked at so often, on average, at most; as a rule it is ten times.
_LOOKS = 40
# What is shorter by less is not shorter: distances are float32, and the work must end.
_LEAST = 1e-5
# Rows of distances at a time.
_ROWS = 512


def short_way(points: np.ndarray) -> np.ndarray:
    """Points (n, size) float32 → the numbers of all, (n,) int64, each near to the next. Time and memory
    grow with n². The same points give the same way."""
    if len(points) < 3:
        return np.arange(len(points))
    near, apart = _nearest(points)
    way = _Way(points, near.tolist(), apart.tolist(), _greedy(points, near))
    way.straighten()
    return np.array(way.points, np.int64)


def _nearest(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each point the nearest others (n, k), the nearest first, and how far they are."""
    count = min(_NEAREST, len(points) - 1)
    squares = np.einsum("ij,ij->i", points, points)
    near, apart = [], []
    for start in range(0, len(points), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(points)))
        table = squares[None, :] + squares[rows, None] - 2 * (points[rows] @ points.T)
        table[np.arange(len(rows)), rows] = np.inf
        some = np.sort(np.argpartition(table, count - 1, axis=1)[:, :count], axis=1)
        values = np.take_along_axis(table, some, axis=1)
        ranked = np.argsort(values, axis=1, kind="stable")
        near.append(np.take_along_axis(some, ranked, axis=1))
        apart.append(np.sqrt(np.maximum(np.take_along_axis(values, ranked, axis=1), 0)))
    return np.concatenate(near), np.concatenate(apart)


def _greedy(points: np.ndarray, near: np.ndarray) -> list[int]:
    """From the point that lies farthest out always to the nearest that is left."""
    squares = np.einsum("ij,ij->i", points, points)
    is_left = np.ones(len(points), bool)
    left = np.arange(len(points))
    way = [int(((points - points.mean(axis=0)) ** 2).sum(axis=1).argmax())]
    while len(way) < len(points):
        here = way[-1]
        is_left[here] = False
        free = near[here][is_left[near[here]]]
        if len(free):
            way.append(int(free[0]))
            continue
        left = left[is_left[left]]
        way.append(int(left[(squares[left] - 2 * (points[left] @ points[here])).argmin()]))
    return way


@dataclass
class _Way:
    """A way that is being straightened. coordinates (n, size); near, apart: as `_nearest` has them.
    points: their numbers in the way's order."""

    coordinates: np.ndarray
    near: list[list[int]]
    apart: list[list[float]]
    points: list[int]

    def __post_init__(self) -> None:
        self._squares: list[float] = np.einsum("ij,ij->i", self.coordinates, self.coordinates).tolist()
        self._place = [0] * len(self.points)
        self._renumber(0, len(self.points) - 1)

    def straighten(self) -> None:
        """Make it shorter for as long as that goes."""
        waiting = deque(self.points)
        waits = [True] * len(self.points)
        for _ in range(_LOOKS * len(self.points)):
            if not waiting:
                return
            point = waiting.popleft()
            waits[point] = False
            for touched in self._turn(point) or self._move(point) or ():
                if not waits[touched]:
                    waits[touched] = True
                    waiting.append(touched)

    def _turn(self, a: int) -> list[int] | None:
        """2-opt: go a stretch the other way round, so that `a` comes to lie beside a near one, `c`. Returns
        the points whose neighbours have changed, None where nothing gets shorter."""
        for step in (1, -1):
            b = self._beside(a, step)
            if b is None:
                continue
            a_b = self._between(a, b)
            for c, a_c in zip(self.near[a], self.apart[a], strict=True):
                if a_b - a_c <= _LEAST:
                    break
                d = self._beside(c, step)
                # At an end of the way there is no `d`: then `b` becomes the end.
                gain = a_b - a_c if d is None else a_b - a_c + self._between(c, d) - self._between(b, d)
                if gain > _LEAST:
                    here, there = sorted((self._place[a], self._place[c]))
                    self._reverse(here + (step == 1), there - (step == -1))
                    return [a, b, c] if d is None else [a, b, c, d]
        return None

    def _move(self, a: int) -> list[int] | None:
        """Or-opt: move a run that begins with `a` to beside a near one, `c`. Returns as `_turn`."""
        for step in (1, -1):
            before = self._beside(a, -step)
            if before is None:
                continue
            b_a = self._between(before, a)
            if b_a - self.apart[a][0] <= _LEAST:
                continue
            run = [a]
            while len(run) <= _RUN:
                after = self._beside(run[-1], step)
                closed = 0.0 if after is None else self._between(before, after)
                saved = b_a - closed + (0.0 if after is None else self._between(run[-1], after))
                if touched := self._put(run, saved, step):
                    return [before, *touched] if after is None else [before, after, *touched]
                if after is None:
                    break
                run.append(after)
        return None

    def _put(self, run: list[int], saved: float, step: int) -> list[int] | None:
        """Put a run, which goes in direction `step`, where its first point lies beside a near one, if that
        costs less than is saved by taking it out."""
        first, last = run[0], run[-1]
        for c, f_c in zip(self.near[first], self.apart[first], strict=True):
            if saved - f_c <= _LEAST:
                break
            if c in run:
                continue
            for side in (1, -1):
                d = self._beside(c, side)
                if d is not None and d in run:
                    continue
                cost = f_c if d is None else f_c + self._between(last, d) - self._between(c, d)
                if saved - cost > _LEAST:
                    self._relocate(run, step, c, side)
                    return [first, last, c] if d is None else [first, last, c, d]
        return None

    def _relocate(self, run: list[int], step: int, beside: int, side: int) -> None:
        start = min(self._place[run[0]], self._place[run[-1]])
        gap = self._place[beside] + (side == 1)  # the run comes before what lies there now
        moved = run if side == 1 else run[::-1]
        between = self.points[start + len(run) : gap] or self.points[gap:start]
        stretch = between + moved if gap > start else moved + between
        low = min(start, gap)
        self.points[low : low + len(stretch)] = stretch
        self._renumber(low, low + len(stretch) - 1)

    def _beside(self, point: int, step: int) -> int | None:
        place = self._place[point] + step
        return self.points[place] if 0 <= place < len(self.points) else None

    def _between(self, a: int, b: int) -> float:
        inner = float(self.coordinates[a].dot(self.coordinates[b]))
        return float(max(self._squares[a] + self._squares[b] - 2 * inner, 0.0) ** 0.5)

    def _reverse(self, first: int, last: int) -> None:
        self.points[first : last + 1] = self.points[first : last + 1][::-1]
        self._renumber(first, last)

    def _renumber(self, first: int, last: int) -> None:
        for place in range(first, last + 1):
            self._place[self.points[place]] = place
