"""Temporary copies: their names, and the sweep after a crash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audiotag.tags.safewrite.copy import is_temporary, sweep, temporary_copy

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
    with source.open("rb") as file, temporary_copy(file, os.fsencode(tmp_path)) as copy:
        assert Path(os.fsdecode(copy.path)).read_bytes() == source.read_bytes()
        assert os.stat(copy.path).st_mode & 0o777 == 0o600
        assert is_temporary(os.path.basename(copy.path))
    assert os.listdir(tmp_path) == ["x.mp3"]


def test_a_copy_taken_away_stays(tmp_path: Path) -> None:
    source, target = tmp_path / "x.mp3", tmp_path / "new.mp3"
    source.write_bytes(b"sound")
    with source.open("rb") as file, temporary_copy(file, os.fsencode(tmp_path)) as copy:
        os.replace(copy.path, target)
    assert target.read_bytes() == b"sound"


def test_sweeping(tmp_path: Path) -> None:
    (tmp_path / STALE).write_bytes(b"left by a crash")
    (tmp_path / "x.mp3").write_bytes(b"sound")
    (tmp_path / ".audiotag-1111111111111111.tmp").symlink_to(tmp_path / "x.mp3")
    (tmp_path / ".audiotag-2222222222222222.tmp").mkdir()
    with (tmp_path / "x.mp3").open("rb") as file, temporary_copy(file, os.fsencode(tmp_path)) as copy:
        assert sweep(tmp_path) == 1
        assert os.path.exists(copy.path)
    kept = {"x.mp3", ".audiotag-1111111111111111.tmp", ".audiotag-2222222222222222.tmp"}
    assert set(os.listdir(tmp_path)) == kept


def test_sweeping_what_is_not_there(tmp_path: Path) -> None:
    assert sweep(tmp_path / "missing") == 0
