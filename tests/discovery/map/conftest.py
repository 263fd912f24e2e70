"""What the tests of the map share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.mapped import TRACKS, put


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A library with 60 tracks, six albums of two artists."""
    put(tmp_path / "library.db", TRACKS)
    return tmp_path / "library.db"
