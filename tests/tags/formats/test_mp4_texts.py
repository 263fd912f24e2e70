"""A genre in each of the forms that MP4 files have for it, odd and damaged ones among them."""

from __future__ import annotations

import struct

import pytest

from audiotag.tags.formats.mp4_texts import FREEFORM, GENRE, genre_form, values_of, with_values
from audiotag.tags.formats.mp4_tree import Node

BROKEN = b"\0\0\0\xffdata"  # an atom that reaches over the end


def quicktime(text: bytes, language: int) -> Node:
    return Node(GENRE, struct.pack(">2H", len(text), language) + text)


ENGLISH, UNKNOWN = 0, 0x55C4


@pytest.mark.parametrize(
    ("old", "values", "new"),
    [
        (quicktime(b"Polka", ENGLISH), ["Folk"], quicktime(b"Folk", ENGLISH)),
        # Beyond ASCII it would be taken for the letters of an old Macintosh.
        (quicktime(b"Polka", ENGLISH), ["Fölk"], quicktime("Fölk".encode(), UNKNOWN)),
        (Node(GENRE, b"Polka"), ["Folk", "Drone"], Node(GENRE, b"Folk")),
    ],
)
def test_user_data_of_quicktime_stays_in_its_form(old: Node, values: list[str], new: Node) -> None:
    assert values_of(old, "text") == ("Polka",)
    assert with_values(old, "text", values) == new
    assert values_of(new, "text") == tuple(values[:1])


def test_what_cannot_be_cut_apart_says_no_genre() -> None:
    assert values_of(Node(GENRE, BROKEN), "atom") == ()
    assert genre_form(Node(FREEFORM, BROKEN), b"ilst", ()) is None
