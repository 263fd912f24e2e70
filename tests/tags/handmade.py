"""Files in the formats that no encoder at hand makes: true headers, noise instead of audio.

mutagen reads them and the payload is there to be kept; a decoder would make nothing of them.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from mutagen.ogg import OggPage

RATE = 44_100


def noise(length: int) -> bytes:
    """The same bytes each time, that look like no tag."""
    return np.random.default_rng(7).integers(0, 256, length, dtype=np.uint8).tobytes()


def make_handmade(path: Path) -> Path:
    """Write a file by its suffix: .ape, .mpc or .spx."""
    path.write_bytes({".ape": _monkeys_audio, ".mpc": _musepack, ".spx": _speex}[path.suffix]())
    return path


def _monkeys_audio() -> bytes:
    blocks_per_frame, last_blocks, frames = 73_728, RATE, 1
    descriptor = b"MAC " + struct.pack("<2H", 3990, 0) + bytes(44)
    header = struct.pack("<2H3I2HI", 2000, 0, blocks_per_frame, last_blocks, frames, 16, 2, RATE)
    return descriptor + header + noise(5000)


def _musepack() -> bytes:
    return b"MP+\x07" + struct.pack("<2I", 40, 0) + bytes(20) + noise(5000)


def _speex() -> bytes:
    header = (
        b"Speex   " + b"1.2".ljust(20, b"\0") + struct.pack("<13i", 1, 80, 16_000, 1, 4, 1, -1, 320, *[0] * 5)
    )
    vendor = b"handmade"
    comments = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
    packets = [noise(60 + i) for i in range(50)]
    pages = OggPage.from_packets([header]) + OggPage.from_packets([comments], 1)
    pages += OggPage.from_packets(packets, 2)
    for page in pages:
        page.serial = 4711
    pages[0].first = True
    pages[-1].last = True
    pages[-1].position = 320 * len(packets)
    return b"".join(page.write() for page in pages)


def make_dsf(path: Path, tag: bytes = b"") -> Path:
    """Half a second of noise as DSD at 2.8 MHz in stereo; `tag` are the bytes of its ID3 tag."""
    rate, channels, block = 2_822_400, 2, 4096
    samples = rate // 2
    blocks = -(-samples // 8 // block)
    sound = noise(blocks * block * channels)
    # Format: version, id, kind of channels, number, rate, bits a sample, samples, bytes a block.
    head = b"fmt " + struct.pack("<Q6IQ2I", 52, 1, 0, 2, channels, rate, 1, samples, block, 0)
    data = head + b"data" + struct.pack("<Q", 12 + len(sound)) + sound
    end = 28 + len(data)
    path.write_bytes(b"DSD " + struct.pack("<3Q", 28, end + len(tag), end if tag else 0) + data + tag)
    return path
