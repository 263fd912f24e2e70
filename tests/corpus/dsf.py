"""DSF: one-bit sound, and an ID3 tag at the end of the file to which its header points."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache, partial

import numpy as np

from tests.corpus.id3_tags import cover, genre, id3v1, names, tag
from tests.corpus.structure import Structure

_BLOCK = 4096


@cache
def sound(channels: int, blocks: int = 8) -> bytes:
    """The bits of a faint noise, in blocks of each channel by turns."""
    values = np.random.default_rng(3).integers(0, 256, _BLOCK * channels * blocks, dtype=np.uint8)
    return (values & 0x55 | 0x22).astype(np.uint8).tobytes()


def dsf(
    tail: bytes = b"",
    *,
    rate: int = 2_822_400,
    channels: int = 2,
    pointer: int | None = None,
    size: int | None = None,
) -> bytes:
    """A file with this behind its sound; `pointer` and `size` are what its header says instead."""
    bits = sound(channels)
    count = len(bits) * 8 // channels
    fmt = b"fmt " + struct.pack("<Q6IQ2I", 52, 1, 0, min(channels, 2), channels, rate, 1, count, _BLOCK, 0)
    data = b"data" + struct.pack("<Q", 12 + len(bits)) + bits
    end = 28 + len(fmt) + len(data)
    at = (end if tail else 0) if pointer is None else pointer
    return b"DSD " + struct.pack("<3Q", 28, end + len(tail) if size is None else size, at) + fmt + data + tail


def structures() -> Iterator[Structure]:
    """All of them."""
    made = {
        "no tag": partial(dsf),
        "ID3v2.3": partial(dsf, tag(3, names(3), cover(3))),
        "ID3v2.4 with a genre": partial(dsf, tag(4, names(4), genre(4, "Polka"))),
        "ID3v2.2": partial(dsf, tag(2, names(2))),
        "ID3v2.3 with padding": partial(dsf, tag(3, names(3), padding=2000)),
        "5.6 MHz": partial(dsf, tag(3, names(3)), rate=5_644_800),
        "11.3 MHz": partial(dsf, tag(3, names(3)), rate=11_289_600),
        "mono": partial(dsf, tag(3, names(3)), channels=1),
        "ID3v1 behind the tag": partial(dsf, tag(3, names(3)) + id3v1(genre=255)),
        "zeros behind the tag": partial(dsf, tag(3, names(3)) + bytes(100)),
        "no tag, a pointer to the end": partial(dsf, pointer=28 + 52 + 12 + len(sound(2))),
        "no tag, its size not stated": partial(dsf, size=0),
        "a tag that is not counted in the size": partial(
            dsf, tag(3, names(3)), size=28 + 52 + 12 + len(sound(2))
        ),
    }
    for name, build in made.items():
        yield Structure("dsf", name, build, kept=(sound(2 if name != "mono" else 1),))
    yield Structure(
        "dsf", "a pointer behind the end", partial(dsf, pointer=1 << 40), "refused", "DSF|tag|pointer|end"
    )
    yield Structure(
        "dsf", "a pointer into the sound", partial(dsf, pointer=2000), "refused", "DSF|tag|pointer|sound"
    )
    yield Structure("dsf", "cut in its sound", lambda: dsf()[:20_000], "refused", "DSF|cut|end|sound|size")
    yield Structure("dsf", "cut in its header", lambda: dsf()[:40], "refused", "DSF|cut|end|header")
