"""Compact columns: every value comes back, and none can end the <script> that it stands in."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.reports.page.columns import TextList, packed, safe_json


def unpacked(column: dict[str, object], count: int) -> list[int]:
    """As data.js does it."""
    if column["bits"] == 0:
        return [0] * count
    return np.frombuffer(base64.b64decode(str(column["data"])), f"<u{int(str(column['bits'])) // 8}").tolist()


@given(st.text(st.characters(codec=None)) | st.lists(st.text()))
def test_any_text_comes_back_and_ends_no_script(value: object) -> None:
    text = safe_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")
    text.encode()  # UTF-8 knows no halves of characters


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_json_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        safe_json([number])


@given(st.lists(st.integers(0, (1 << 32) - 1), max_size=50))
def test_numbers_come_back_in_as_few_bits_as_hold_them(values: list[int]) -> None:
    column = packed(values)
    assert unpacked(column, len(values)) == values
    most = max(values, default=0)
    assert column["bits"] == (0 if most == 0 else 8 if most < 256 else 16 if most < 65_536 else 32)


def test_a_width_may_be_asked_for() -> None:
    assert packed([0, 1], 16) == {"bits": 16, "data": base64.b64encode(b"\0\0\1\0").decode()}


def test_a_text_is_told_once() -> None:
    texts = TextList()
    assert [texts.number(text) for text in ("b", "", "a", "b")] == [1, 0, 2, 1]
    assert texts.take_new() == ["", "b", "a"]
    assert texts.number("c") == 3
    assert texts.take_new() == ["c"]
