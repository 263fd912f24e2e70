"""Exchanging spans of bytes in a file."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.tags.formats import spans


@given(
    st.binary(max_size=60), st.integers(0, 60), st.integers(0, 60), st.binary(max_size=40), st.integers(1, 9)
)
def test_replacing_is_what_it_is_on_bytes(data: bytes, a: int, b: int, new: bytes, block: int) -> None:
    start, end = sorted((min(a, len(data)), min(b, len(data))))
    file = BytesIO(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "BLOCK", block)
        spans.replace_span(file, start, end - start, new)
    assert file.getvalue() == data[:start] + new + data[end:]


@given(st.integers(0, 500), st.integers(-300, 300))
def test_padding_that_took_up_a_change_gives_it_back(padding: int, growth: int) -> None:
    after = spans.padding_after(padding, growth)
    assert after >= 0
    if after != padding:
        assert spans.padding_after(after, -growth) == padding


def test_spans_over_the_end() -> None:
    file = BytesIO(b"1234")
    with pytest.raises(ValueError, match="over the end"):
        spans.read_at(file, 2, 3)
    with pytest.raises(ValueError, match="over the end"):
        spans.hash_span(file, 0, 5, hashlib.sha256())


def test_a_file_that_becomes_shorter_meanwhile_is_noticed() -> None:
    class Shrinking(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return b""

    with pytest.raises(ValueError, match="became shorter while it was read"):
        spans.hash_span(Shrinking(b"1234"), 0, 4, hashlib.sha256())
