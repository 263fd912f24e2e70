"""MP3: the ways in which an ID3v2 tag names genres."""

from __future__ import annotations

from collections.abc import Iterator

from tests.corpus.id3_tags import frame, genre, names, tag


def genres() -> Iterator[tuple[str, bytes, bytes]]:
    """A name, what stands in front of the sound and what behind it."""
    for name, value in (
        ("(17)", "(17)"),
        ("17", "17"),
        ("(RX)", "(RX)"),
        ("(255)", "(255)"),
        ("(17)Rock", "(17)Rock"),
        ("Rock/Folk", "Rock/Folk"),
        ("Rock; Folk", "Rock; Folk"),
        ("Unknown", "Unknown"),
        ("spaces", "   "),
    ):
        yield f"ID3v2.3 with the genre {name}", tag(3, names(3), genre(3, value)), b""
    yield "ID3v2.3 with two numbers for a genre", tag(3, names(3), genre(3, "(4)(17)")), b""
    yield "ID3v2.3 with a number and its refinement", tag(3, names(3), genre(3, "(4)Eurodisco")), b""
    yield "ID3v2.4 with numbers for genres", tag(4, names(4), genre(4, "17\x00RX")), b""
    yield "ID3v2.4 with a genre that ends in a null", tag(4, names(4), genre(4, "Polka\0")), b""
    yield "ID3v2.4 with two genres", tag(4, names(4), genre(4, "Polka\0Waltz")), b""
    yield "ID3v2.4 with two genre frames", tag(4, names(4), genre(4, "Polka"), genre(4, "Waltz")), b""
    yield "ID3v2.3 with two genre frames", tag(3, names(3), genre(3, "Polka"), genre(3, "Waltz")), b""
    yield "ID3v2.3 with a genre frame of no length", tag(3, names(3), frame(3, b"TCON", b"")), b""
    yield "ID3v2.3 with a genre of a byte order mark", tag(3, names(3), frame(3, b"TCON", b"\1\xff\xfe")), b""
    yield (
        "ID3v2.3 with a big-endian genre",
        tag(3, names(3), frame(3, b"TCON", b"\1\xfe\xff" + "Pölka".encode("utf-16-be") + b"\0\0")),
        b"",
    )
    yield (
        "ID3v2.3 with a genre without byte order mark",
        tag(3, names(3), frame(3, b"TCON", b"\1" + "Polka".encode("utf-16-le"))),
        b"",
    )
    yield "ID3v2.3 with a genre in UTF-8", tag(3, names(3), frame(3, b"TCON", b"\3P\xc3\xb6lka")), b""
    yield "ID3v2.4 with a genre in wrong UTF-8", tag(4, names(4), frame(4, b"TCON", b"\3P\xf6lka")), b""
    yield "ID3v2.3 with a user's GENRE", tag(3, names(3), frame(3, b"TXXX", b"\0GENRE\0Polka")), b""
    yield (
        "ID3v2.4 with both kinds of genre",
        tag(4, names(4), genre(4, "Polka"), frame(4, b"TXXX", b"\3genre\0Polka")),
        b"",
    )
