"""A lease that is refused: believed where it means that a program has the file open."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from audiotag.errors import TagWriteError
from audiotag.tags.change import Change
from audiotag.tags.safewrite import obstacles
from audiotag.tags.safewrite.write import safe_write

NFS, SMB2, CIFS, FUSE, PLAN9, CEPH = 0x6969, 0xFE534D42, 0xFF534D42, 0x65735546, 0x01021997, 0x00C36400
EXT4, BTRFS = 0xEF53, 0x9123683E


@pytest.fixture
def no_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """As NFSv4 without a delegation answers, whoever has the file open."""
    real = fcntl.fcntl

    def refuse(descriptor: int, request: int, argument: Any = 0) -> Any:
        if request == fcntl.F_SETLEASE:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return real(descriptor, request, argument)

    monkeypatch.setattr(fcntl, "fcntl", refuse)


@pytest.mark.usefixtures("no_leases")
@pytest.mark.parametrize(
    ("kind", "is_believed"),
    [*((kind, False) for kind in (NFS, SMB2, CIFS, FUSE, PLAN9, CEPH, 0)), (EXT4, True), (BTRFS, True)],
)
def test_a_lease_is_believed_on_local_disks(
    kind: int, is_believed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obstacles, "file_system_of", lambda _descriptor: kind)
    path = tmp_path / "a.mp3"
    path.write_bytes(b"sound")
    with path.open("rb") as file:
        if is_believed:
            with pytest.raises(TagWriteError, match="open for writing"):
                obstacles.check_unused(path, file.fileno())
        else:
            obstacles.check_unused(path, file.fileno())


def test_the_kind_of_a_file_system_is_known() -> None:
    descriptor = os.open("/proc", os.O_RDONLY)
    try:
        assert obstacles.file_system_of(descriptor) == 0x9FA0
    finally:
        os.close(descriptor)
    assert obstacles.file_system_of(-1) == 0


@pytest.mark.parametrize("call", ["ctypes.CDLL", "fcntl.ioctl"])
def test_what_the_system_does_not_tell_stands_against_nothing(
    call: str, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))

    monkeypatch.setattr(call, fail)
    assert safe_write(track, Change(("Rock",))).changed
