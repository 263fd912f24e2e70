"""Temporary copies: their names, and the sweep after a crash."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from audiotag.tags.safewrite.copy import is_temporary, keep_attributes, sweep, temporary_copy

STALE = ".audiotag-0123456789abcdef.tmp"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (STALE.encode(), True),
        (b".audiotag-0123456789abcdef.mp3", False),
        (b".audiotag-notes.tmp", False),
        (b"audiotag-0123456789abcdef.tmp", False),
        (STALE.encode() + b"\n", False),
    ],
)
def test_names(name: bytes, expected: bool) -> None:
    assert is_temporary(name) is expected


def test_a_copy_is_private_hidden_and_goes(tmp_path: Path) -> None:
    source = tmp_path / "x.mp3"
    source.write_bytes(b"sound" * 1000)
    with temporary_copy(os.fsencode(tmp_path)) as copy:
        os.write(copy.descriptor, b"sound")
        assert Path(os.fsdecode(copy.path)).read_bytes() == b"sound"
        assert os.stat(copy.path).st_mode & 0o777 == 0o600
        assert is_temporary(os.path.basename(copy.path))
    assert os.listdir(tmp_path) == ["x.mp3"]


def test_a_copy_taken_away_stays(tmp_path: Path) -> None:
    target = tmp_path / "new.mp3"
    with temporary_copy(os.fsencode(tmp_path)) as copy:
        os.write(copy.descriptor, b"sound")
        os.replace(copy.path, target)
    assert target.read_bytes() == b"sound"


class TestExtendedAttributes:
    """As far as the file system has them: whose and which ones differs, so it is played here."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> Iterator[tuple[int, int]]:
        """The descriptors of a file and of its copy."""
        opened = [os.open(tmp_path / name, os.O_RDWR | os.O_CREAT) for name in ("a.mp3", "copy.tmp")]
        yield opened[0], opened[1]
        for descriptor in opened:
            os.close(descriptor)

    @staticmethod
    def has(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """The file has an attribute of this name, and none can be set."""

        def refuse(*_arguments: object) -> None:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

        monkeypatch.setattr(os, "listxattr", lambda _file: [name])
        monkeypatch.setattr(os, "getxattr", lambda _file, _name: b"value")
        monkeypatch.setattr(os, "setxattr", refuse)

    def test_the_user_s_have_to_be_kept(
        self, files: tuple[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.has(monkeypatch, "user.comment")
        with pytest.raises(OSError, match="not supported"):
            keep_attributes(*files, keep_mtime=False)

    def test_the_system_s_follow_its_rules_for_new_files(
        self, files: tuple[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.has(monkeypatch, "security.selinux")
        keep_attributes(*files, keep_mtime=False)

    def test_a_file_system_may_have_none(
        self, files: tuple[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_file: int) -> None:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

        monkeypatch.setattr(os, "listxattr", refuse)
        keep_attributes(*files, keep_mtime=False)


def test_sweeping(tmp_path: Path) -> None:
    (tmp_path / STALE).write_bytes(b"left by a crash")
    (tmp_path / "x.mp3").write_bytes(b"sound")
    (tmp_path / ".audiotag-1111111111111111.tmp").symlink_to(tmp_path / "x.mp3")
    (tmp_path / ".audiotag-2222222222222222.tmp").mkdir()
    with temporary_copy(os.fsencode(tmp_path)) as copy:
        assert sweep(tmp_path) == 1
        assert os.path.exists(copy.path)
    kept = {"x.mp3", ".audiotag-1111111111111111.tmp", ".audiotag-2222222222222222.tmp"}
    assert set(os.listdir(tmp_path)) == kept


def test_sweeping_what_is_not_there(tmp_path: Path) -> None:
    assert sweep(tmp_path / "missing") == 0


def test_it_goes_where_its_folder_was_renamed(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    with temporary_copy(os.fsencode(folder)):
        folder.rename(tmp_path / "two")
        folder.mkdir()
    assert os.listdir(tmp_path / "two") == []


def test_not_where_it_took_a_file_s_place_and_that_was_renamed(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    with temporary_copy(os.fsencode(folder)) as copy:
        os.replace(copy.path, folder / "song.wav")
        folder.rename(tmp_path / "two")
    assert os.listdir(tmp_path / "two") == ["song.wav"]
