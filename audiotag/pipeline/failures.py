"""What failed in a run: any number of lines with the memory of a few."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

_IN_MEMORY = 256 << 10


class Failures:
    """(path, reason) pairs in the order in which they came, counted by kind; on disk when many."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  (it has no name, and goes with us)
        self.kinds: Counter[str] = Counter()

    def add(self, path: bytes, reason: str, kind: str) -> None:
        """Take down one more."""
        pickle.dump((path, reason), self._file)
        self.kinds[kind] += 1

    def __len__(self) -> int:
        return sum(self.kinds.values())

    def __iter__(self) -> Iterator[tuple[bytes, str]]:
        self._file.seek(0)
        for _ in range(len(self)):
            yield pickle.load(self._file)  # our own, from this very process
        self._file.seek(0, 2)
