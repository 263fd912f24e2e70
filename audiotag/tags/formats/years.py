"""The year in what a tag has for a date: "1997", "1997-05-21", "19970521", "21.05.1997", "(c) 1997"."""

from __future__ import annotations

import re
from collections.abc import Iterable

# No music is dated before the one, and what is dated after the other is a slip.
FIRST, LAST = 1000, 2100
_NUMBERS = re.compile(r"\d+")
# So many characters of a text are looked at: more than any date has.
_LONGEST = 100


def year_of(texts: Iterable[str]) -> int | None:
    """The first year from FIRST to LAST that one of the texts names; None where none does."""
    for text in texts:
        for digits in _NUMBERS.findall(text[:_LONGEST]):
            if _is_date(digits) and FIRST <= int(digits[:4]) <= LAST:
                return int(digits[:4])
    return None


def _is_date(digits: str) -> bool:
    """Whether a number of as many digits may be a year, or one with its month, or with month and day."""
    month, day = int(digits[4:6] or "1"), int(digits[6:] or "1")
    return len(digits) in (4, 6, 8) and 1 <= month <= 12 and 1 <= day <= 31
