"""A plan says beforehand what a write will refuse, and only reads to know it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.safewrite.rehearsal import rehearse
from audiotag.tags.safewrite.write import safe_write
from tests.tags.cases import ENCODED, HANDMADE, Case
from tests.tags.mutate import mutate

AudioFile = Callable[..., Path]
CHANGE = Change(("Rock", "Ünïcode ♫"))


@pytest.mark.parametrize("level", ["bare", "full"])
@pytest.mark.parametrize(("suffix", "codec"), [*ENCODED, *HANDMADE])
def test_what_can_be_written_is_not_refused_and_not_touched(
    suffix: str, codec: str | None, level: str, tmp_path: Path, audio_file: AudioFile
) -> None:
    song = Case(suffix, codec, level).make(tmp_path / f"song{suffix}", audio_file)
    before = song.read_bytes(), song.stat().st_mtime_ns, song.stat().st_ctime_ns
    rehearse(song, CHANGE)
    assert (song.read_bytes(), song.stat().st_mtime_ns, song.stat().st_ctime_ns) == before
    assert os.listdir(tmp_path) == [song.name]


def test_obstacles_of_the_system_are_found(tmp_path: Path, audio_file: AudioFile) -> None:
    song = Path(shutil.copyfile(audio_file(".mp3"), tmp_path / "song.mp3"))
    os.link(song, tmp_path / "other.mp3")
    with pytest.raises(FileFault, match="2 hard links"):
        rehearse(song, CHANGE)
    rehearse(song, CHANGE, break_hardlinks=True)
    with pytest.raises(FileFault, match="moved or deleted"):
        rehearse(tmp_path / "gone.mp3", CHANGE)


@pytest.mark.parametrize(("suffix", "codec"), [*ENCODED, *HANDMADE])
def test_it_refuses_nothing_that_the_write_takes(
    suffix: str, codec: str | None, tmp_path: Path, audio_file: AudioFile
) -> None:
    """Damaged files of every kind: what a rehearsal refuses, the write refuses as well."""
    whole = Case(suffix, codec, "partial").make(tmp_path / f"whole{suffix}", audio_file).read_bytes()
    song = tmp_path / f"song{suffix}"
    found = missed = 0
    for seed in range(12):
        song.write_bytes(mutate(whole, [whole], seed)[1])
        refusals = [refused(attempt, song) for attempt in (rehearse, safe_write)]
        assert refusals != [True, False]
        found += refusals == [True, True]
        missed += refusals == [False, True]
    # An Ogg file's damage shows only when all of its pages are read.
    assert found >= missed or suffix in (".ogg", ".opus", ".spx"), "most refusals show in the structure"


def refused(attempt: Callable[[Path, Change], object], song: Path) -> bool:
    try:
        attempt(song, CHANGE)
    except FileFault:
        return True
    return False
