"""File names on one line, whatever bytes they are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.names import printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb\xff'\"", "a\\nb\\xff'\""),
        ("♫ ok", "♫ ok"),
        (b"\x1b[31mred", "\\x1b[31mred"),
    ],
)
def test_odd_names_are_shown_escaped(name: bytes | str, shown: str) -> None:
    assert printable(name) == shown


@given(st.binary(max_size=60).filter(lambda name: b"\0" not in name))
def test_any_name_becomes_one_line_of_valid_text(name: bytes) -> None:
    shown = printable(name)
    assert shown.isprintable()
    shown.encode("utf-8")
