"""The tracks nearest to some directions, over a whole library: exact, and in memory that does not grow with
it.

The library is read once, in chunks, while another thread works on the chunk before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from audiotag.library.embeddings import Space, Stored, stored_embeddings
from audiotag.library.store import Store

# Chunks that wait for the other thread, or are in its hands: 4 MB each.
_AHEAD = 2

Read = TypeVar("Read")
Made = TypeVar("Made")


def _all_pass(stored: Stored) -> np.ndarray:
    return np.ones(len(stored.rows), bool)


@dataclass(frozen=True)
class Sieve:
    """Which tracks count. columns: of `tracks`, that `passes` wants to see; it says (n,) which ones do."""

    columns: tuple[str, ...] = ()
    passes: Callable[[Stored], np.ndarray] = _all_pass


@dataclass(frozen=True)
class Nearest:
    """The best first: rows (k,) int64 and cosines (k,) float32. Of equal ones that of the lower row."""

    rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    cosines: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))

    def joined(self, rows: np.ndarray, cosines: np.ndarray, count: int) -> Nearest:
        """The best `count` of these and others; a cosine of -inf is none."""
        is_full = len(self.rows) == count > 0
        enough = cosines >= self.cosines[-1] if is_full else cosines > -np.inf
        if not enough.any():
            return self
        rows = np.concatenate([self.rows, rows[enough]])
        cosines = np.concatenate([self.cosines, cosines[enough]])
        best = np.lexsort((rows, -cosines))[:count]
        return Nearest(rows[best], cosines[best])


def nearest(store: Store, space: Space, targets: np.ndarray, count: int, sieve: Sieve) -> list[Nearest]:
    """Of each of the directions, (n, size) float32 of length 1, the `count` tracks with the largest cosine.

    Fewer where fewer pass the sieve. Missing files and embeddings without a direction are none.
    Raises StoreError.
    """
    found = [Nearest() for _ in targets]
    chunks = stored_embeddings(store, space, sieve.columns)
    for stored, cosines in _meanwhile(chunks, lambda stored: cosines_of(stored.halves, targets)):
        cosines[~sieve.passes(stored)] = -np.inf
        found = [one.joined(stored.rows, column, count) for one, column in zip(found, cosines.T, strict=True)]
    return found


def cosines_of(halves: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(n, size) of any length and (m, size) of length 1 → (n, m) float32; -inf for what has no direction."""
    values = halves.astype(np.float32)
    with np.errstate(all="ignore"):  # of numbers that are none
        lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
        if len(targets) == 1:  # a product in several threads costs more than it saves
            products = np.einsum("ij,j->i", values, targets[0])[:, None]
        else:
            products = values @ targets.T
        cosines: np.ndarray = products / lengths[:, None]
    cosines[~(np.isfinite(lengths) & (lengths > 0))] = -np.inf
    return cosines


def _meanwhile(items: Iterable[Read], work: Callable[[Read], Made]) -> Iterator[tuple[Read, Made]]:
    """Each item and what `work` makes of it in another thread, in order, while the next ones are read."""
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[tuple[Read, Future[Made]]] = deque()
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > _AHEAD:
                first, made = waiting.popleft()
                yield first, made.result()
        for first, made in waiting:
            yield first, made.result()
