"""The shared material, where there is any: real songs and the training archive.

A user's checkout has none; the tests that need it are skipped there. Where
AUDIOTAG_SHARED says that it must be present (CI does), its absence is an error.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[3] / "shared"
MUSIC = _SHARED / "music"
ARCHIVE = _SHARED / "data" / "fma_small_mel_trainval.npz"
IMAGENET = _SHARED / "data" / "imagenet_resnet50v2_partial.npz"

SONGS = 11


def require(path: Path) -> Path:
    """`path`, or a skip that says why; an error where shared material is demanded."""
    if not path.exists():
        if os.environ.get("AUDIOTAG_SHARED") == "required":
            raise FileNotFoundError(f"{path} is missing, and AUDIOTAG_SHARED=required")
        pytest.skip(f"needs {path.name} in ../shared, which is not here")
    return path


def songs() -> list[Path]:
    """The real songs, for parametrising; a placeholder that skips where there are none."""
    found = sorted(MUSIC.glob("*/*.mp3"))
    if not found and os.environ.get("AUDIOTAG_SHARED") == "required":
        raise FileNotFoundError(f"no songs in {MUSIC}, and AUDIOTAG_SHARED=required")
    return found
