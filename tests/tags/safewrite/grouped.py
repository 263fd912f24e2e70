"""Songs that are written in groups, and what came of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from audiotag.errors import FileFault
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite import session
from audiotag.tags.safewrite.copy import is_temporary
from audiotag.tags.safewrite.group import Job
from audiotag.tags.safewrite.journal import Origin
from audiotag.tags.safewrite.record import WriteOptions, WriteResult
from audiotag.tags.safewrite.session import WritingSession
from tests.helpers.shelf import make_song

COUNT = 7
THREADS = pytest.mark.parametrize("threads", [0, 3])


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [make_song(tmp_path / "music" / f"{number}.wav", number, "Folk") for number in range(COUNT)]


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_GROUP", 3)


def job(path: Path, genre: str = "Rock") -> Job:
    return Job(os.fsencode(path), Change((genre,)), WriteOptions(), Origin(("Folk",)))


def write_all(
    store: Store, songs: Iterable[Path], threads: int = 3, genre: str = "Rock"
) -> dict[str, WriteResult | FileFault | None]:
    with WritingSession(store, "tag", threads=threads) as running:
        done = running.carry_out(songs, lambda song: job(song, genre))
        return {song.name: outcome for song, outcome in done}


def genres(songs: list[Path]) -> list[str]:
    return [read_tags(song).genres[0] for song in songs]


def copies(songs: list[Path]) -> list[str]:
    return [name for name in os.listdir(songs[0].parent) if is_temporary(os.fsencode(name))]


def states(store: Store) -> list[str]:
    return [state for (state,) in store.execute("SELECT state FROM writes ORDER BY path, id")]
