"""A draft is what a file would be after the same changes, and knows what it takes over."""

from __future__ import annotations

import os
from io import BytesIO
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.tags.formats import spans
from audiotag.tags.formats.draft import Draft

# What is done, where (as a share of the file), to how many bytes, and which come there.
changes = st.lists(
    st.tuples(
        st.sampled_from(["replace", "write", "truncate", "read"]),
        st.floats(0, 1),
        st.integers(0, 30),
        st.binary(max_size=20),
    ),
    max_size=12,
)


def carry_out(file: BinaryIO, change: tuple[str, float, int, bytes]) -> bytes:
    what, share, length, data = change
    size = spans.size_of(file)
    start = round(share * size)
    if what == "replace":
        spans.replace_span(file, start, min(length, size - start), data)
        return b""
    if what == "truncate":
        file.truncate(start)
        return b""
    file.seek(start)
    if what == "write":
        file.write(data)
    return file.read(length) + b"%d" % file.tell()


@given(st.binary(max_size=200), changes)
def test_it_is_what_a_file_would_be(data: bytes, done: list[tuple[str, float, int, bytes]]) -> None:
    file, base = BytesIO(data), BytesIO(data)
    draft = Draft(base)
    for change in done:
        assert carry_out(draft, change) == carry_out(file, change)
        draft.seek(0)
        assert draft.read() == file.getvalue()
        assert draft.size == len(file.getvalue())
    assert base.getvalue() == data
    pieces = list(draft.pieces())
    assert all(piece.length for _at, piece in pieces)
    assert [at for at, _piece in pieces] == [sum(p.length for _, p in pieces[:i]) for i in range(len(pieces))]


@given(st.binary(min_size=1, max_size=120), changes, st.integers(0, 120), st.integers(1, 40))
def test_what_it_takes_over_stands_in_the_file(
    data: bytes, done: list[tuple[str, float, int, bytes]], start: int, length: int
) -> None:
    draft = Draft(BytesIO(data))
    for change in done:
        carry_out(draft, change)
    place = draft.origin(start, start + length)
    draft.seek(start)
    if place is not None and start + length <= draft.size:
        assert data[place : place + length] == draft.read(length)


def test_where_bytes_come_from() -> None:
    draft = Draft(BytesIO(b"head" + b"sound" * 10))
    draft.replace_span(0, 4, b"a longer head")
    assert draft.origin(13, 63) == 4
    assert draft.origin(20, 30) == 11
    assert draft.origin(12, 30) is None
    draft.replace_span(20, 0, b"!")
    assert draft.origin(13, 63) is None
    draft.replace_span(20, 1, b"")
    assert draft.origin(13, 63) == 4, "the two halves follow one another again"


def test_behind_its_end_there_is_nothing() -> None:
    draft = Draft(BytesIO(b"1234"))
    with pytest.raises(ValueError, match="over the end"):
        draft.replace_span(2, 3, b"")
    draft.seek(1, os.SEEK_END)
    assert draft.read() == b""
    with pytest.raises(ValueError, match="over the end"):
        draft.write(b"5")
