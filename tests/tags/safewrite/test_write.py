"""The safe write: wholly old or wholly new, and nothing beside it."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from audiotag.errors import FileFault, StoreError, TagReadError, TagWriteError
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags, write_change
from audiotag.tags.safewrite import write as writer
from audiotag.tags.safewrite.write import Record, WriteOptions, WriteResult, identity, safe_write
from tests.tags.dressing import dress

AudioFile = Callable[..., Path]


@pytest.fixture
def track(tmp_path: Path, audio_file: AudioFile) -> Path:
    path = tmp_path / "track.flac"
    return dress(Path(shutil.copyfile(audio_file(".flac"), path)), "full")


def assert_untouched(track: Path, data: bytes, status: os.stat_result) -> None:
    """The file is the very same one, and no copy was left beside it."""
    now = track.stat()
    assert track.read_bytes() == data
    assert (now.st_ino, now.st_mtime_ns, now.st_mode) == (status.st_ino, status.st_mtime_ns, status.st_mode)
    assert os.listdir(track.parent) == [track.name]


def refused(track: Path, reason: str, options: WriteOptions | None = None) -> None:
    """Writing this file fails for this reason, in one line that names it, and leaves it alone."""
    data, status = track.read_bytes(), track.stat()
    with pytest.raises(FileFault, match=reason) as caught:
        safe_write(track, Change(("Rock",)), options)
    assert "\n" not in str(caught.value)
    assert track.name in str(caught.value)
    assert_untouched(track, data, status)


class TestWriting:
    def test_a_write_and_its_undo(self, track: Path) -> None:
        data = track.read_bytes()
        assert safe_write(track, Change(("Rock", "Pop"))) == WriteResult(True, ("Folk",), ("Rock", "Pop"))
        assert read_tags(track).genres == ("Rock", "Pop")
        assert safe_write(track, Change(("Folk",))).changed
        assert track.read_bytes() == data

    def test_what_is_so_already_is_not_written(self, track: Path) -> None:
        data, status = track.read_bytes(), track.stat()
        track.chmod(0o444)
        assert safe_write(track, Change(("Folk",))) == WriteResult(False, ("Folk",), ("Folk",))
        track.chmod(stat.S_IMODE(status.st_mode))
        assert_untouched(track, data, status)

    def test_mode_owner_and_times(self, track: Path) -> None:
        track.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(track, 1234, 5678)
        os.utime(track, ns=(10**18, 10**18 + 7))
        before = track.stat()
        safe_write(track, Change(("Rock",)), WriteOptions(keep_mtime=True))
        after = track.stat()
        assert after.st_ino != before.st_ino
        for name in ("st_mode", "st_uid", "st_gid", "st_mtime_ns"):
            assert getattr(after, name) == getattr(before, name)
        safe_write(track, Change(("Pop",)))
        assert track.stat().st_mtime_ns > before.st_mtime_ns

    def test_extended_attributes(self, track: Path) -> None:
        try:
            os.setxattr(track, "user.rating", b"5")
        except OSError as error:
            pytest.skip(f"no extended attributes on this file system: {error.strerror}")
        safe_write(track, Change(("Rock",)))
        assert os.getxattr(track, "user.rating") == b"5"

    def test_access_control_lists(self, track: Path) -> None:
        # As the kernel keeps them: version 2, then (tag, permissions, id) for owner, user 1234,
        # group, mask and others.
        everyone = 0xFFFFFFFF
        entries = [(1, 6, everyone), (2, 4, 1234), (4, 4, everyone), (16, 4, everyone), (32, 0, everyone)]
        acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        try:
            os.setxattr(track, "system.posix_acl_access", acl)
        except OSError as error:
            pytest.skip(f"no access control lists on this file system: {error.strerror}")
        safe_write(track, Change(("Rock",)))
        assert os.getxattr(track, "system.posix_acl_access") == acl

    def test_the_folder_s_access_list_is_not_taken_over(self, track: Path) -> None:
        # As above: user 1234 may read and write what will be made in this folder.
        everyone = 0xFFFFFFFF
        entries = [(1, 7, everyone), (2, 6, 1234), (4, 5, everyone), (16, 7, everyone), (32, 0, everyone)]
        acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        track.chmod(0o640)
        try:
            os.setxattr(track.parent, "system.posix_acl_default", acl)
        except OSError as error:
            pytest.skip(f"no access control lists on this file system: {error.strerror}")
        safe_write(track, Change(("Rock",)))
        assert "system.posix_acl_access" not in os.listxattr(track)
        assert track.stat().st_mode & 0o777 == 0o640

    def test_a_symbolic_link_stays_and_its_target_is_written(self, track: Path, tmp_path: Path) -> None:
        folder = tmp_path / "links"
        folder.mkdir()
        link = folder / "link.flac"
        link.symlink_to(os.path.join("..", track.name))
        safe_write(link, Change(("Rock",)))
        assert link.is_symlink()
        assert read_tags(track).genres == ("Rock",)
        assert os.listdir(folder) == ["link.flac"]

    def test_hard_links(self, track: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.flac"
        os.link(track, other)
        with pytest.raises(TagWriteError, match="2 hard links; --break-hardlinks"):
            safe_write(track, Change(("Rock",)))
        assert os.path.samefile(track, other)
        safe_write(track, Change(("Rock",)), WriteOptions(break_hardlinks=True))
        assert (read_tags(track).genres, read_tags(other).genres) == (("Rock",), ("Folk",))

    @pytest.mark.parametrize(
        "name",
        [b"a\nb.flac", b'it\'s "x".flac', "♫ é.flac".encode(), b"\xff\xfe.flac", b"n" * 250 + b".flac"],
    )
    def test_names_may_be_any_bytes(self, name: bytes, track: Path) -> None:
        path = os.path.join(os.fsencode(track.parent), name)
        os.rename(track, path)
        assert safe_write(path, Change(("Rock",))).changed
        assert read_tags(path).genres == ("Rock",)
        assert os.listdir(os.path.dirname(path)) == [name]

    def test_the_file_is_never_opened_for_writing(self, track: Path) -> None:
        script = (
            "import os, sys\n"
            "path, opened = os.fsencode(sys.argv[1]), []\n"
            "def hook(event, args):\n"
            "    if event == 'open' and isinstance(args[0], (str, bytes)) and os.fsencode(args[0]) == path:\n"
            "        opened.append(args[2] & os.O_ACCMODE)\n"
            "from audiotag.tags.change import Change; from audiotag.tags.safewrite.write import safe_write\n"
            "sys.addaudithook(hook)\n"
            "assert safe_write(path, Change(('Rock',))).changed\n"
            "assert opened and set(opened) == {os.O_RDONLY}, opened\n"
        )
        subprocess.run([sys.executable, "-c", script, track], check=True, timeout=60)


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

    def test_an_edit_during_the_write(self, track: Path) -> None:
        def edit(_record: Record) -> None:
            os.utime(track, ns=(1, 1))

        with pytest.raises(TagWriteError, match="changed it meanwhile"):
            safe_write(track, Change(("Rock",)), WriteOptions(on_commit=edit))
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
    "shutil.copyfileobj",
    "audiotag.tags.safewrite.write.write_change",
    "audiotag.tags.safewrite.write.snapshot_others",
    "audiotag.tags.safewrite.write.payload_digest",
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


def change_audio(path: bytes, change: Change) -> None:
    write_change(path, change)
    with open(path, "r+b") as file:
        file.seek(-50, os.SEEK_END)
        file.write(b"\0")


def lose_a_tag(path: bytes, change: Change) -> None:
    write_change(path, change)
    data = Path(os.fsdecode(path)).read_bytes()
    Path(os.fsdecode(path)).write_bytes(data.replace(b"COMMENT=two", b"COMMENT=tw0"))


def write_another(path: bytes, change: Change) -> None:
    write_change(path, Change((*change.genres, "Noise")))


def cut_short(path: bytes, change: Change) -> None:
    write_change(path, change)
    os.truncate(path, 3000)


def destroy(path: bytes, _change: Change) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        (change_audio, "changed its audio"),
        (lose_a_tag, "changed other tags"),
        (write_another, "gave the genre"),
        (cut_short, "test write failed"),
        (destroy, "test write failed"),
    ],
)
def test_a_wrong_write_is_noticed(
    mistake: Callable[..., None], reason: str, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "write_change", mistake)
    refused(track, reason)
