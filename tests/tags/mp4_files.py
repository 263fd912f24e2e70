"""MP4 files in arrangements of FFmpeg's, and what in them says where something lies."""

from __future__ import annotations

import struct
from pathlib import Path

import av

from tests.corpus.mp4_atoms import box

HANDLER = box(b"hdlr", bytes(8), b"mdirappl", bytes(9))


def remux(source: Path, path: Path, flags: str, **options: str) -> Path:
    """The same sound in another arrangement of FFmpeg's."""
    given_options = {"movflags": flags, **options}
    with av.open(str(source)) as old, av.open(str(path), "w", format="mp4", options=given_options) as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return path


def tags_first(whole: bytes) -> bytes:
    """The same file with udta as the first part of its moov atom; what lies in that moves."""
    start = whole.index(b"moov") - 4
    end = start + int.from_bytes(whole[start : start + 4], "big")
    udta = whole.index(b"udta", start) - 4
    moved = box(b"moov", whole[udta:end], whole[start + 8 : udta])
    at = moved.index(b"saio") + 4
    at += 16 if moved[at + 3] & 1 else 8
    (place,) = struct.unpack_from(">I", moved, at)
    place = struct.pack(">I", place + end - udta)
    return whole[:start] + moved[:at] + place + moved[at + 4 :] + whole[end:]


def fragments_of(path: Path) -> list[int]:
    whole, found = path.read_bytes(), []
    at = whole.find(b"moof")
    while at >= 0:
        found.append(at - 4)
        at = whole.find(b"moof", at + 4)
    return found


def index_of(path: Path) -> list[int]:
    """The places that the fragments' index names."""
    whole = path.read_bytes()
    at = whole.index(b"tfra") + 4
    width = 8 if whole[at] else 4
    sizes, count = struct.unpack_from(">II", whole, at + 8)
    stride = 2 * width + sum((sizes >> bits & 3) + 1 for bits in (0, 2, 4))
    starts = [at + 16 + number * stride + width for number in range(count)]
    return [int.from_bytes(whole[start : start + width], "big") for start in starts]


def with_wide_index(whole: bytes) -> bytes:
    """The other one of its two versions: times and places of 64 bits, or of 32."""
    start = whole.index(b"mfra") - 4
    at = whole.index(b"tfra") + 4
    old, new = (8, 4) if whole[at] else (4, 8)
    sizes, count = struct.unpack_from(">II", whole, at + 8)
    tail = sum((sizes >> bits & 3) + 1 for bits in (0, 2, 4))
    entries = b""
    for number in range(count):
        entry = whole[at + 16 + number * (2 * old + tail) :][: 2 * old + tail]
        numbers = (int.from_bytes(entry[:old], "big"), int.from_bytes(entry[old : 2 * old], "big"))
        entries += b"".join(one.to_bytes(new, "big") for one in numbers) + entry[2 * old :]
    tfra = box(b"tfra", bytes((new == 8, 0, 0, 0)), whole[at + 4 : at + 16], entries)
    return whole[:start] + box(b"mfra", tfra, box(b"mfro", bytes(4), struct.pack(">I", 8 + len(tfra) + 16)))
