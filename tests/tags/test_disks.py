"""Disks that are full, read-only or gone: named, in the journal, and nothing lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from audiotag.errors import StoreError, TagWriteError
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from tests.helpers.mounts import Mount
from tests.tags.cases import Case
from tests.tags.failures import ROCK, failing_write

AudioFile = Callable[..., Path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Mount]:
    mount = Mount(tmp_path / "disk")
    yield mount
    mount.unmount()


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".m4a", ".wav"])
class TestFullDisk:
    def test_too_little_room_is_seen_before_anything_is_made(
        self, suffix: str, store: Store, small_disk: Mount, audio_file: AudioFile
    ) -> None:
        path = Case(suffix, None, "full").make(small_disk.folder / f"a{suffix}", audio_file)
        fill = b"\0" * 64_000
        with suppress(OSError), (small_disk.folder / "fill").open("wb", buffering=0) as file:
            while file.write(fill):
                pass
        (small_disk.folder / "fill").replace(small_disk.folder / "a.fill")
        self._fails(store, path, "MiB are free")

    def test_a_disk_that_fills_up_meanwhile(
        self,
        suffix: str,
        store: Store,
        small_disk: Mount,
        audio_file: AudioFile,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        path = Case(suffix, None, "full").make(small_disk.folder / f"a{suffix}", audio_file)
        (small_disk.folder / "a.fill").write_bytes(b"")
        size = 8 << 20
        with (small_disk.folder / "a.fill").open("r+b") as file:
            while size > 4096:  # as much as there is room for, to the last page
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
                    continue
                size //= 2
        # Room enough, says the disk; by the time of the copy it is full.
        roomy = os.statvfs("/")
        monkeypatch.setattr(os, "statvfs", lambda _path: roomy)
        self._fails(store, path, "No space left on device; make room")

    def _fails(self, store: Store, path: Path, reason: str) -> None:
        data = path.read_bytes()
        with WritingSession(store, "tag") as session, pytest.raises(TagWriteError, match=reason):
            session.write(os.fsencode(path), ROCK, WriteOptions(), Origin())
        assert path.read_bytes() == data
        assert sorted(os.listdir(path.parent)) == sorted(["a.fill", path.name])
        assert Journal(store).runs()[0].failed == 1


def test_a_full_disk_under_the_library_ends_the_run(small_disk: Mount, track: Path) -> None:
    library = small_disk.folder / "library.db"
    Store(library, write=True).close()
    data = track.read_bytes()
    with Store(library, write=True) as store:
        session = WritingSession(store, "tag")
        session.write(os.fsencode(track), ROCK, WriteOptions(), Origin())
        first = track.read_bytes()
        with (small_disk.folder / "fill").open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 4_096):
                pass
        fault = None
        for genre in "abcdefghijklmnopqrstuvwxyz" * 40:
            try:
                session.write(os.fsencode(track), Change((genre,)), WriteOptions(), Origin())
            except StoreError as caught:
                fault = str(caught)
                break
            first = track.read_bytes()
    assert fault is not None
    assert "full" in fault
    assert track.read_bytes() == first != data
    (small_disk.folder / "fill").unlink()
    with Store(library, write=True) as store, WritingSession(store, "tag"):
        journal = Journal(store)
        assert journal.pending() == []
        assert journal.wrote(1, read_tags(track).stored) is not None, "the journal knows what is in the file"


def test_a_read_only_mount(store: Store, small_disk: Mount, audio_file: AudioFile) -> None:
    path = Case(".mp3", None, "full").make(small_disk.folder / "a.mp3", audio_file)
    small_disk.make_read_only()
    failing_write(store, path, "its disk is mounted read-only")


def test_a_read_only_mount_that_only_the_copy_notices(
    store: Store, small_disk: Mount, audio_file: AudioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Case(".mp3", None, "full").make(small_disk.folder / "a.mp3", audio_file)
    small_disk.make_read_only()
    monkeypatch.setattr(os, "access", lambda *_args, **_options: True)
    failing_write(store, path, "Read-only file system; the file system is mounted read-only")


def test_a_mount_that_goes_away(store: Store, small_disk: Mount, audio_file: AudioFile) -> None:
    path = Case(".mp3", None, "full").make(small_disk.folder / "a.mp3", audio_file)
    small_disk.unmount()
    with WritingSession(store, "tag") as session, pytest.raises(TagWriteError, match="moved or deleted"):
        session.write(os.fsencode(path), ROCK, WriteOptions(), Origin())
    assert Journal(store).runs()[0].failed == 1
