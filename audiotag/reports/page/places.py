"""The map's coordinates, which have no limits, within a square from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Square:
    """left, top: its corner. side: its length, at least a little, for who lie all in one place."""

    left: float = 0.0
    top: float = 0.0
    side: float = 1.0

    @classmethod
    def around(cls, points: Iterable[Point]) -> Square:
        """The least that holds them, with the same scale for x and y, and them in its middle. Points that are
        no numbers do not count."""
        low, high = [math.inf, math.inf], [-math.inf, -math.inf]
        for point in points:
            if all(map(math.isfinite, point)):
                low = [min(pair) for pair in zip(low, point, strict=True)]
                high = [max(pair) for pair in zip(high, point, strict=True)]
        if low[0] > high[0]:
            return cls()
        side = max(high[0] - low[0], high[1] - low[1]) or 1.0
        left, top = ((one + other - side) / 2 for one, other in zip(low, high, strict=True))
        return cls(left, top, side)

    def place(self, point: Point) -> Point:
        """Where a point lies in it, each from 0 to 1; what is no number stays none."""
        return (point[0] - self.left) / self.side, (point[1] - self.top) / self.side
