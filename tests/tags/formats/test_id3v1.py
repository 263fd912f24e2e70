"""The ID3v1 block: numbers for some genres, and fields of thirty bytes."""

from __future__ import annotations

from audiotag.tags.formats import id3v1


def test_the_numbers_of_genres() -> None:
    assert id3v1.number_of(("Rock",)) == id3v1.number_of(("International", "rock")) == 17
    assert id3v1.number_of(("International",)) == id3v1.number_of(()) == 255


def test_what_a_block_says() -> None:
    block = (
        b"TAG" + b"A title".ljust(30) + bytes(30) + bytes(30) + b"1999" + b"Hi".ljust(28, b"\0") + b"\0\5\x11"
    )
    assert id3v1.fields(block) == {"Title": "A title", "Year": "1999", "Comment": "Hi", "Track": "5"}
    assert (id3v1.genre_of(block), id3v1.genre_of(block[:-1] + b"\xff")) == (("Rock",), ())
