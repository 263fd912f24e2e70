"""Damage: bit flips, truncations, and heads and tails of other files, the same for the same seed."""

from __future__ import annotations

import numpy as np

KINDS = ("flipped", "overwritten", "cut short", "grown", "spliced")


def mutate(data: bytes, others: list[bytes], seed: int) -> tuple[str, bytes]:
    """A damaged copy of a file and the kind of damage; `others` are files to splice from."""
    random = np.random.default_rng(seed)
    kind = KINDS[int(random.integers(len(KINDS)))]
    out = bytearray(data)
    if kind == "flipped":
        for _ in range(int(random.integers(1, 9))):
            out[_spot(random, len(out))] ^= 1 << int(random.integers(8))
    elif kind == "overwritten":
        start = _spot(random, len(out))
        length = int(random.integers(1, 40))
        out[start : start + length] = random.bytes(len(out[start : start + length]))
    elif kind == "cut short":
        del out[int(random.integers(len(out))) :]
    elif kind == "grown":
        start = _spot(random, len(out))
        out[start:start] = random.bytes(int(random.integers(1, 3_000)))
    else:
        other = others[int(random.integers(len(others)))]
        length = int(random.integers(1, 2_000))
        if random.integers(2):
            out[:length] = other[:length]  # the head of another kind of file
        else:
            out += other[-length:]
    return kind, bytes(out)


def _spot(random: np.random.Generator, length: int) -> int:
    """A place in the file; most of the structure is near its two ends."""
    if not length:
        return 0
    near = int(random.integers(min(600, length)))
    return [near, length - 1 - near, int(random.integers(length))][int(random.integers(3))]
