"""Songs to scan: real ones for a small model, and names alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.audio_files import make_audio, tone
from tests.helpers.models import MadeModel
from tests.helpers.scans import Library
from tests.helpers.walked_library import WalkedLibrary, fill_with_songs


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four seconds of sound each, no two alike."""
    folder = tmp_path_factory.mktemp("sound")
    return [make_audio(folder / f"{i}.flac", tone(4.0, 22_050, seed=i), 22_050) for i in range(7)]


@pytest.fixture(scope="session")
def sound(sounds: list[Path]) -> Path:
    """One that is not among the three songs."""
    return sounds[3]


@pytest.fixture
def music(tmp_path: Path, sounds: list[Path]) -> Path:
    """A folder with three songs."""
    folder = tmp_path / "music"
    (folder / "album").mkdir(parents=True)
    for name, source in zip(("one.flac", "album/two.flac", "album/three.flac"), sounds, strict=False):
        shutil.copyfile(source, folder / name)
    return folder


@pytest.fixture
def library(tmp_path: Path, made_model: MadeModel) -> Library:
    return Library(tmp_path / "library.db", made_model)


@pytest.fixture
def walked(tmp_path: Path) -> Iterator[WalkedLibrary]:
    made = WalkedLibrary(tmp_path / "l.db")
    with made.store:
        yield made


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with the files of walked_library.SONGS."""
    return fill_with_songs(tmp_path / "music")
