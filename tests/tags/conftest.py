"""A song and a track that tests may write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tags.cases import Case


@pytest.fixture
def song(tmp_path: Path, audio_file: Callable[..., Path]) -> Path:
    """An MP3 file with everything in its tag, the genre Folk among it, in a folder of its own."""
    folder = tmp_path / "music"
    folder.mkdir()
    return Case(".mp3", None, "full").make(folder / "song.mp3", audio_file)


@pytest.fixture
def track(tmp_path: Path, audio_file: Callable[..., Path]) -> Path:
    """A FLAC file in the same state."""
    folder = tmp_path / "music"
    folder.mkdir()
    return Case(".flac", None, "full").make(folder / "track.flac", audio_file)
