"""Fixtures that many tests share."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.audio_files import make_audio, tone
from tests.helpers.models import MadeModel, make_model


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
