"""The start after a crash: what had happened, what had not, and the copies that were left."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.errors import TagWriteError
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.recover import Recovery, recover
from audiotag.tags.safewrite.session import WritingSession
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.tracks import track
from tests.tags.dressing import write_genres
from tests.tags.failures import COPY, crash

AudioFile = Callable[..., Path]


def states(store: Store) -> list[tuple[str, str | None]]:
    return [(state, error) for state, error in store.execute("SELECT state, error FROM writes")]


def test_where_no_run_was_killed_there_is_nothing_to_do(store: Store) -> None:
    journal = Journal(store)
    journal.finish(journal.begin("tag"))
    assert recover(store) is None


def test_a_write_that_happened(store: Store, song: Path) -> None:
    before = song.stat()
    row = track(os.fsencode(song), [1.0, 0.0, 0.0])
    store.put(replace(row, size=before.st_size, mtime_ns=before.st_mtime_ns))
    crash(store, song, before_the_replace=False)
    assert recover(store) == Recovery(happened=1)
    assert states(store) == [("committed", None)]
    (seen,) = store.tracks([os.fsencode(song)])
    assert (seen.size, seen.mtime_ns) == (song.stat().st_size, song.stat().st_mtime_ns)
    assert recover(store) is None


def test_a_write_that_did_not_happen(store: Store, song: Path) -> None:
    crash(store, song, before_the_replace=True)
    assert recover(store) == Recovery(not_happened=1, swept=1)
    assert states(store) == [("failed", "the run was killed before this file was replaced")]
    assert os.listdir(song.parent) == [song.name]


@pytest.mark.parametrize(("genre", "state"), [("Rock", "committed"), ("Folk", "failed"), ("Polka", "failed")])
def test_a_file_that_was_edited_since_is_judged_by_its_genre(
    genre: str, state: str, store: Store, song: Path
) -> None:
    crash(store, song, before_the_replace=False)
    write_genres(song, (genre,))
    os.utime(song, ns=(1, 1))
    recover(store)
    assert states(store)[0][0] == state


def test_another_recording_is_not_judged_by_its_genre(store: Store, song: Path) -> None:
    crash(store, song, before_the_replace=False)
    make_audio(song, tone(1.0, 44_100, seed=9), 44_100)
    write_genres(song, ("Rock",))
    recover(store)
    assert states(store) == [("failed", "the run was killed, and another recording lies there now")]


def test_a_file_that_goes_while_it_is_replaced_was_not_written(
    store: Store, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(_copy: bytes, path: bytes) -> None:
        os.unlink(path)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "replace", lose)
    with WritingSession(store, "tag") as session, pytest.raises(TagWriteError, match="Input/output error"):
        session.write(os.fsencode(song), Change(("Rock",)), WriteOptions(), Origin())
    assert states(store)[0][0] == "failed"


@pytest.mark.parametrize("fate", ["gone", "no audio any more"])
def test_a_file_that_cannot_tell(fate: str, store: Store, song: Path) -> None:
    crash(store, song, before_the_replace=False)
    song.unlink()
    if fate != "gone":
        song.write_text("no audio")
    recover(store)
    ((state, error),) = states(store)
    assert (state, "the run was killed, and the file cannot be" in str(error)) == ("failed", True)


def test_a_write_on_a_drive_that_is_not_there_stays_open_until_it_is(store: Store, song: Path) -> None:
    crash(store, song, before_the_replace=False)
    away = song.parent.rename(song.parent.with_name("unplugged"))
    assert recover(store) == Recovery()
    assert states(store) == [("planned", None)]
    assert recover(store) is None, "it is said once"
    away.rename(song.parent)
    assert recover(store) == Recovery(happened=1)
    assert states(store) == [("committed", None)]


def test_copies_are_swept_wherever_a_run_may_have_written(store: Store, song: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked" / "song.flac"
    linked.parent.mkdir()
    shutil.copyfile(song, linked)
    (song.parent / "link.flac").symlink_to(linked)
    store.put(track(os.fsencode(song.parent / "link.flac"), [1.0, 0.0, 0.0]))
    store.put(track(os.fsencode(song), [1.0, 0.0, 0.0]))
    for folder in (song.parent, linked.parent):
        (folder / COPY).write_bytes(b"left behind")
    Journal(store).begin("tag")
    assert recover(store) == Recovery(swept=2)
    assert os.listdir(linked.parent) == ["song.flac"]


def test_a_copy_of_an_unknown_crash_goes_when_its_folder_is_written(store: Store, song: Path) -> None:
    (song.parent / COPY).write_bytes(b"left behind, and the library with the journal is gone")
    with WritingSession(store, "tag") as session:
        session.write(os.fsencode(song), Change(("Rock",)), WriteOptions(), Origin())
    assert os.listdir(song.parent) == [song.name]
