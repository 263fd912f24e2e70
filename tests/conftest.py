"""Fixtures that many tests share."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotag.library.store import Store
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.command import Run, command_in
from tests.helpers.models import MadeModel, make_model

if TYPE_CHECKING:
    from tests.helpers.shelf import Shelf


def pytest_configure(config: pytest.Config) -> None:
    """A script's background job ignores Ctrl-C, and so would all commands that the tests interrupt."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def audio_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`audio_file(".mp3")`: a second of stereo sound in that format, made once. Copy before writing."""
    folder = tmp_path_factory.mktemp("audio")
    made: dict[tuple[str, str | None], Path] = {}

    def get(suffix: str, codec: str | None = None) -> Path:
        key = (suffix, codec)
        if key not in made:
            rate = 48_000 if "opus" in (codec or suffix) else 44_100
            path = folder / f"{codec or 'sound'}{suffix}"
            made[key] = make_audio(path, tone(1.0, rate), rate, codec)
        return made[key]

    return get


@pytest.fixture(scope="session")
def made_model(tmp_path_factory: pytest.TempPathFactory) -> MadeModel:
    """A small model with random weights, exported in full; see tests/helpers/models.py."""
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def audiotag(tmp_path: Path, made_model: MadeModel) -> Run:
    """Run the command with a library and config of its own and the small model."""
    return command_in(tmp_path, made_model)


@pytest.fixture(scope="session")
def two_songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two_songs")
    make_audio(folder / "one.mp3", tone(4.0, 44_100), 44_100)
    make_audio(folder / "two.flac", tone(4.0, 44_100, seed=1), 44_100)
    return folder


@pytest.fixture
def music(tmp_path: Path, two_songs: Path) -> Path:
    """A folder with two songs of four seconds."""
    return Path(shutil.copytree(two_songs, tmp_path / "music"))


@pytest.fixture
def known(tmp_path: Path, music: Path) -> Path:
    """The two songs, and a library that takes both for Rock: as a scan leaves them, without one."""
    from tests.tags.runs import predict

    with Store(tmp_path / "library.db", write=True) as store:
        for song in sorted(music.iterdir()):
            predict(store, song)
    return music


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library that may be written."""
    with Store(tmp_path / "library.db", write=True) as opened:
        yield opened


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Three songs, all tagged; see tests/helpers/shelf.py, which takes a second to import."""
    from tests.helpers.shelf import three_songs

    return three_songs(tmp_path)
