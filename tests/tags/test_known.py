"""What the library keeps of a file's tags."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from audiotag.errors import TagWriteError
from audiotag.library.records import KnownTags
from audiotag.tags.change import Change
from audiotag.tags.known import look, state_of
from audiotag.tags.safewrite.write import safe_write


def test_tags_that_cannot_be_read_are_remembered_as_such(tmp_path: Path) -> None:
    bad = tmp_path / "bad.flac"
    bad.write_bytes(os.urandom(2_000))
    assert look(bad) == (None, KnownTags(state_of(bad.stat())))


def test_only_fields_of_our_own_are_written(tmp_path: Path, audio_file: Callable[..., Path]) -> None:
    song = Path(shutil.copyfile(audio_file(".mp3"), tmp_path / "song.mp3"))
    before = song.read_bytes()
    with pytest.raises(TagWriteError, match="audiotag does not write the fields ARTIST"):
        safe_write(song, Change(("Rock",), {"ARTIST": ("Somebody",)}))
    assert song.read_bytes() == before
