"""Columns of tracks as compact JSON: numbers as base64, texts that repeat as numbers into a list.

A page of 100,000 tracks is to stay below 20 MB, and to be written without ever being in memory: so
the columns come in blocks, and a list of texts grows from block to block.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence

import numpy as np

# What would end a <script>, or a line of JavaScript, whatever stands around it; and halves of
# characters, which UTF-8 does not know: they stand for the bytes of a path that are no text.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")

# What stands for "none" in a column of 8 or 16 bits.
NONE_8, NONE_16 = (1 << 8) - 1, (1 << 16) - 1


def safe_json(value: object) -> str:
    """JSON that can stand in a <script> of an HTML file in UTF-8; it reads back as the same value."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def packed(values: Sequence[int] | np.ndarray, bits: int = 0) -> dict[str, object]:
    """Whole numbers from 0 on, little endian, as base64: {"bits": 8, 16 or 32, "data": …}.

    Without `bits` the fewest that hold them all; {"bits": 0} where all are zero.
    """
    array = np.asarray(values, np.uint32)
    most = int(array.max(initial=0))
    if most == 0 and not bits:
        return {"bits": 0}
    width = bits or (8 if most < 1 << 8 else 16 if most < 1 << 16 else 32)
    return {"bits": width, "data": base64.b64encode(array.astype(f"<u{width // 8}").tobytes()).decode()}


class TextList:
    """Each text once, numbered in the order of their first appearance. The first is ""."""

    def __init__(self) -> None:
        self._numbers = {"": 0}
        self._new: list[str] = [""]

    def number(self, text: str) -> int:
        """The number of a text."""
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self._numbers)
            self._new.append(text)
        return found

    def take_new(self) -> list[str]:
        """Those that came since this was asked the last time."""
        new, self._new = self._new, []
        return new
