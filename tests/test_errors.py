"""Every fault in the user's words, and every kind of fault with a number of its own."""

from __future__ import annotations

import errno
import os

import pytest

from audiotag.errors import KINDS, in_words, kind_of, one_line


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "the disk is full: No space left on device"),
        (
            OSError(errno.EDQUOT, "Disk quota exceeded"),
            "your quota on this disk is used up: Disk quota exceeded",
        ),
        (OSError(errno.EACCES, "Permission denied"), "Permission denied"),
        (OSError("a library\nsays this"), "a library says this"),
        (OSError(), "OSError"),
    ],
)
def test_what_the_system_refuses_is_never_empty(fault: OSError, said: str) -> None:
    assert in_words(fault) == said


def test_a_long_fault_is_one_short_line() -> None:
    assert one_line(ValueError("two\nlines  and\tmore")) == "two lines and more"
    assert len(one_line(ValueError("x" * 1_000))) == 200


@pytest.mark.parametrize("name", ["decode", "timeout", "crash", "memory", "too-short", "unreadable", "tags"])
def test_every_kind_that_is_raised_has_a_number(name: str) -> None:
    assert kind_of(name).name == name
    assert len({kind.number for kind in KINDS}) == len(KINDS)
