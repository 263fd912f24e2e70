"""Whatever a file or a file system states, as SQLite can hold it.

Sizes, times, devices and inodes are whole numbers of any size to Python (a file may be dated 2400,
and network file systems have inodes of 64 bits without a sign), and a header may state a length that
is no number. SQLite has 64 bits with a sign and no infinity. Everything that goes into a library
passes through here, and what is compared with it does as well.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

_BITS = 64


def bounded(value: Any) -> Any:
    """A value as the library keeps it; almost every value is kept as it is.

    A whole number of more than 64 bits is wrapped around, which tells two times apart as long as
    they lie within 584 years. A number that is none, or is not finite, becomes None, and what is no
    text in a text is escaped.
    """
    if type(value) is int:
        return value if -(1 << 63) <= value < 1 << 63 else (value + (1 << 63)) % (1 << _BITS) - (1 << 63)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def bounded_all(values: Sequence[object] | Mapping[str, object]) -> Sequence[object] | Mapping[str, object]:
    """The same for the values of a statement."""
    if isinstance(values, Mapping):
        return {name: bounded(value) for name, value in values.items()}
    return tuple(map(bounded, values))


def stamp(info: os.stat_result) -> tuple[int, int]:
    """Size and modification time of a file, as a track's row has them."""
    return bounded(info.st_size), bounded(info.st_mtime_ns)
