"""A library as a scan leaves it, without a scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotag.library.store import Store
from tests.tags.runs import predict


@pytest.fixture
def known(tmp_path: Path, music: Path) -> Path:
    """The two songs, and a library that takes both for Rock."""
    with Store(tmp_path / "library.db", write=True) as store:
        for song in sorted(music.iterdir()):
            predict(store, song)
    return music
