"""The safe write where it cannot be done or goes wrong: the file stays wholly old, nothing beside it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from audiotag.errors import StoreError, TagReadError, TagWriteError
from audiotag.tags.change import MODEL_TEXT, Change
from audiotag.tags.formats.read import read_tags, write_change
from audiotag.tags.safewrite import checks as writer
from audiotag.tags.safewrite.record import Record, WriteOptions, identity
from audiotag.tags.safewrite.write import safe_write
from tests.tags.failures import assert_untouched, refused


@pytest.fixture
def own_track(track: Path) -> Iterator[Path]:
    """A track as an ordinary user has it: root, who may write to all, becomes one meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copyfile(track, Path(folder) / "track.flac"))
        root = os.geteuid() == 0
        if root:
            os.chown(folder, 65_534, 65_534)
            os.chown(path, 65_534, 65_534)
            os.seteuid(65_534)
        try:
            yield path
        finally:
            if root:
                os.seteuid(0)


class TestRefusals:
    def test_read_only_file(self, own_track: Path) -> None:
        own_track.chmod(0o444)
        refused(own_track, "read-only")

    def test_read_only_folder(self, own_track: Path) -> None:
        own_track.parent.chmod(0o555)
        try:
            refused(own_track, "folder is read-only")
        finally:
            own_track.parent.chmod(0o755)

    def test_no_room(self, track: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        space = os.statvfs(track)
        full = os.statvfs_result((*space[:3], 1, 1, *space[5:]))
        monkeypatch.setattr(os, "statvfs", lambda path: full)
        refused(track, "MiB are free")

    @pytest.mark.parametrize("kind", ["folder", "missing", "pipe", "dangling", "loop"])
    def test_what_is_no_file(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "x.mp3"
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind in ("dangling", "loop"):
            path.symlink_to(tmp_path / ("x.mp3" if kind == "loop" else "nothing"))
        with pytest.raises(TagWriteError, match=r"x\.mp3"):
            safe_write(path, Change(("Rock",)))

    @pytest.mark.parametrize(
        "content", [b"", b"just text\n" * 400, os.urandom(4000)], ids=["empty", "text", "noise"]
    )
    def test_what_is_no_audio(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "x.flac"
        path.write_bytes(content)
        data, status = path.read_bytes(), path.stat()
        with pytest.raises(TagReadError, match=r"x\.flac"):
            safe_write(path, Change(("Rock",)))
        assert_untouched(path, data, status)

    def test_a_plan_that_is_out_of_date(self, track: Path) -> None:
        refused(track, "changed meanwhile; plan again", WriteOptions(expected=("Jazz",)))

    @pytest.mark.parametrize("any_version", [False, True])
    def test_an_edit_during_the_write(self, any_version: bool, track: Path) -> None:
        """Another version is no way out then: the journal knows of the write already."""

        def edit(_record: Record) -> None:
            os.utime(track, ns=(1, 1))

        options = WriteOptions(on_commit=edit, any_version=any_version)
        with pytest.raises(TagWriteError, match="changed it meanwhile"):
            safe_write(track, Change(("Rock",), id3_version=4), options)
        assert read_tags(track).genres == ("Folk",)

    def test_the_journal_comes_before_the_file_and_may_refuse(self, track: Path) -> None:
        data, status = track.read_bytes(), track.stat()
        seen: list[Record] = []

        def commit(record: Record) -> None:
            seen.append(record)
            assert track.read_bytes() == data
            raise StoreError("the journal is full")

        with pytest.raises(StoreError, match="the journal is full"):
            safe_write(track, Change(("Rock",)), WriteOptions(on_commit=commit))
        assert [(record.old, record.new) for record in seen] == [({"genre": ("Folk",)}, {"genre": ("Rock",)})]
        assert seen[0].before == identity(status)
        assert_untouched(track, data, status)


def failing(code: int) -> Callable[..., Any]:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


STEPS = [
    "os.statvfs",
    "secrets.token_hex",
    "os.pwrite",
    "audiotag.tags.safewrite.checks.write_change",
    "audiotag.tags.safewrite.checks.snapshot_others",
    "audiotag.tags.safewrite.checks.recipes",
    "audiotag.tags.safewrite.checks.read_back",
    "os.pread",
    "os.fchmod",
    "os.utime",
    "os.fsync",
    "os.replace",
]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EPERM, errno.EROFS])
@pytest.mark.parametrize("step", STEPS)
def test_any_step_may_fail(step: str, code: int, track: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, failing(code))
    refused(track, os.strerror(code), WriteOptions(keep_mtime=True))


def test_a_file_system_without_locks(track: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", failing(errno.ENOLCK))
    assert safe_write(track, Change(("Rock",))).changed


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RecursionError])
def test_an_interruption_leaves_nothing(
    error: type[BaseException], track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_args: object) -> None:
        raise error

    data, status = track.read_bytes(), track.stat()
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else TagWriteError):
        safe_write(track, Change(("Rock",)))
    assert_untouched(track, data, status)


def change_audio(file: BinaryIO, change: Change) -> None:
    write_change(file, change)
    file.seek(-50, os.SEEK_END)
    file.write(b"\0")


def overwrite(file: BinaryIO, old: bytes, new: bytes) -> None:
    file.seek(0)
    at = file.read().index(old)
    file.seek(at)
    file.write(new)


def lose_a_tag(file: BinaryIO, change: Change) -> None:
    write_change(file, change)
    overwrite(file, b"COMMENT=two", b"COMMENT=tw0")


def write_another(file: BinaryIO, change: Change) -> None:
    write_change(file, Change((*change.genres, "Noise")))


def write_a_field(file: BinaryIO, change: Change) -> None:
    write_change(file, Change(change.genres, {MODEL_TEXT: ("nobody asked for it",)}))


def rename_the_artist(file: BinaryIO, change: Change) -> None:
    write_change(file, change)
    overwrite(file, "ARTIST=Ärtist".encode(), b"ARTIST=Ortist!")


def cut_short(file: BinaryIO, change: Change) -> None:
    write_change(file, change)
    file.truncate(3000)


def destroy(file: BinaryIO, _change: Change) -> None:
    file.truncate(0)


@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        (change_audio, "changed its audio"),
        (lose_a_tag, "changed other tags"),
        (write_another, "gave the genre"),
        (write_a_field, "did not give the fields that were meant"),
        (rename_the_artist, "changed how its other tags are read"),
        (cut_short, "test write failed"),
        (destroy, "test write failed"),
    ],
)
def test_a_wrong_write_is_noticed(
    mistake: Callable[..., None], reason: str, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "write_change", mistake)
    refused(track, reason)
