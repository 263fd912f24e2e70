"""Two files, and a library that was made up of them: no model is needed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audiotag.cli import app
from audiotag.library.store import Store
from tests.cli.tagging.running import Done, Run
from tests.helpers.command import environment
from tests.helpers.tracks import track
from tests.tags.cases import Case

AudioFile = Callable[..., Path]


@pytest.fixture
def audiotag(tmp_path: Path) -> Iterator[Run]:
    """Run a command, in this process: starting one takes longer than all that these do."""
    handler = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str | Path) -> Done:
        result = CliRunner().invoke(app, [str(word) for word in arguments], env=environment(tmp_path))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def music(tmp_path: Path, audio_file: AudioFile) -> Path:
    """a.mp3 without a genre, b.flac with "Folk", and a library that takes both for Rock."""
    folder = tmp_path / "music"
    folder.mkdir()
    songs = [
        Case(".mp3", None, "partial").make(folder / "a.mp3", audio_file),
        Case(".flac", None, "full").make(folder / "b.flac", audio_file),
    ]
    with Store(tmp_path / "library.db", write=True) as store:
        for song in songs:
            info = song.stat()
            row = track(os.fsencode(song), [0.1, 0.0, 0.9])
            store.put(replace(row, size=info.st_size, mtime_ns=info.st_mtime_ns))
    return folder
