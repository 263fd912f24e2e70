"""File names and tags on one line, whatever they are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.text import escaped, printable, prints


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb\xff'\"", "a\\nb\\xff'\""),
        ("♫ ok", "♫ ok"),
        (b"\x1b[31mred", "\\x1b[31mred"),
        ("\u202egnp.3pm", "\\u202egnp.3pm"),
        ("C1 \x9b2J", "C1 \\x9b2J"),
        ("\u2066isolate\u2069", "\\u2066isolate\\u2069"),
        ("two\u2028lines\x85more", "two\\u2028lines\\x85more"),
        ("\N{IDEOGRAPHIC SPACE}全角\N{NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}全角\N{NO-BREAK SPACE}"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("no name of a file: \ud800", "no name of a file: \\ud800"),
    ],
)
def test_odd_names_are_shown_escaped(name: bytes | str, shown: str) -> None:
    assert printable(name) == shown


@given(st.binary(max_size=60).filter(lambda name: b"\0" not in name))
def test_any_name_becomes_one_line_of_valid_text(name: bytes) -> None:
    shown = printable(name)
    assert all(map(prints, shown))
    shown.encode("utf-8")


@given(st.text(max_size=60))
def test_any_text_becomes_one_line_and_stays_so(text: str) -> None:
    shown = escaped(text)
    assert all(map(prints, shown))
    assert len(shown.splitlines()) <= 1
    assert escaped(shown) == shown
    shown.encode("utf-8")
