"""Which folders the kernel hears of, and what is said when it does not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from audiotag.watch.events import Events, is_remote

_MOUNTS = b"""\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/nas\\040one rw - nfs4 nas:/music rw
31 30 8:2 / /mnt/nas\\040one/local rw - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/phone rw - fuse.sshfs phone: rw
"""


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        (b"/home/ann", False),
        (b"/mnt/nas one/album", True),
        (b"/mnt/nas one/local/album", False),
        (b"/mnt/nas", False),
        (b"/mnt/phone", True),
    ],
)
def test_what_other_machines_write_is_not_heard_of(
    path: bytes, remote: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fake_open(name: Any, *_arguments: Any) -> io.BytesIO:
        assert name == "/proc/self/mountinfo"
        return io.BytesIO(_MOUNTS)

    monkeypatch.setattr("builtins.open", fake_open)
    assert is_remote(path) is remote


def test_here_nothing_is_remote(tmp_path: Path) -> None:
    assert not is_remote(bytes(tmp_path))


def test_all_is_looked_at_first_and_a_root_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    said: list[str] = []
    there, gone = bytes(tmp_path), bytes(tmp_path / "gone")
    events = iter(Events([there, gone], said.append))
    assert next(events) == {there}
    assert next(events) == set(), "half a second in which nothing happened"
    (tmp_path / "gone").mkdir()
    touched = [next(events) for _ in range(5)]
    assert {there, gone} in touched
    assert said == []
