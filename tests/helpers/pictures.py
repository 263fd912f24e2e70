"""What can be told of a picture without looking at it."""

from __future__ import annotations

import struct
from pathlib import Path


def size(picture: Path) -> tuple[int, int]:
    """(width, height) of a PNG, pixels."""
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height
