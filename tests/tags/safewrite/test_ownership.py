"""Files of other owners: refused with a remedy, or written with all rights kept."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audiotag.tags.safewrite.ownership import keep_access

AudioFile = Callable[..., Path]
OWNER, WRITER, GROUP, STRANGER = 61_001, 61_002, 61_100, 61_003

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to have files of two users")

WRITE = """
import os, sys
from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.safewrite.rehearsal import rehearse
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.write import safe_write
path, user, groups, change_owner, genre, how = sys.argv[1:]
os.setgroups([int(group) for group in groups.split()]); os.setgid(int(user)); os.setuid(int(user))
may = change_owner == "yes"
try:
    if how == "rehearse":
        rehearse(path, Change((genre,)), change_owner=may)
    else:
        safe_write(path, Change((genre,)), WriteOptions(change_owner=may))
except FileFault as fault:
    print(fault)
"""


def write_as(
    user: int,
    groups: list[int],
    path: Path,
    change_owner: str = "no",
    genre: str = "Rock",
    how: str = "write",
) -> str:
    """Write a genre as that user, a member of these groups; gives what is said against it."""
    names = " ".join(map(str, groups))
    command = [sys.executable, "-c", WRITE, str(path), str(user), names, change_owner, genre, how]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout


@pytest.fixture
def shared(audio_file: AudioFile) -> Iterator[Path]:
    """A file of one user in a folder, both to be written by their group."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copyfile(audio_file(".flac"), Path(folder) / "a.flac"))
        for place, mode in ((path, 0o664), (Path(folder), 0o2775)):
            os.chown(place, OWNER, GROUP)
            place.chmod(mode)
        yield path


def test_it_is_refused_with_owner_and_remedy(shared: Path) -> None:
    raw = shared.read_bytes()
    said = write_as(WRITER, [GROUP], shared)
    assert f"it belongs to user {OWNER}" in said
    assert "--change-owner" in said
    assert said.count("\n") == 1
    assert shared.read_bytes() == raw
    assert write_as(WRITER, [GROUP], shared, how="rehearse") == said
    assert not write_as(WRITER, [GROUP], shared, "yes", how="rehearse")


def test_its_own_owner_and_root_need_no_leave(shared: Path) -> None:
    assert write_as(OWNER, [GROUP], shared) == ""
    assert write_as(0, [0], shared, genre="Folk") == ""
    assert (shared.stat().st_uid, shared.stat().st_gid) == (OWNER, GROUP)


def test_with_leave_all_may_do_what_they_could(shared: Path) -> None:
    assert write_as(WRITER, [GROUP], shared, "yes") == ""
    status = shared.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (WRITER, GROUP, 0o664)
    # The old owner is no member of the group by /etc/group, and has his rights by an access list.
    assert write_as(OWNER, [], shared, "yes", "Folk") == ""
    assert "read-only" in write_as(STRANGER, [], shared, "yes", "Jazz")
    assert write_as(WRITER, [GROUP], shared, "yes", "Blues") == ""


@pytest.mark.parametrize("mode", [0o660, 0o666])
def test_modes_stay(mode: int, shared: Path) -> None:
    shared.chmod(mode)
    assert write_as(WRITER, [GROUP], shared, "yes") == ""
    assert shared.stat().st_mode & 0o777 == mode


def test_a_group_that_cannot_be_kept(shared: Path) -> None:
    shared.chmod(0o666)
    shared.parent.chmod(0o777)
    said = write_as(WRITER, [], shared, "yes")
    assert f"its group is group {GROUP}" in said


def test_an_access_list_is_added_to(shared: Path) -> None:
    # Whom (owner, user, group, mask, others), rights, which user; as Linux keeps it.
    nobody = 0xFFFFFFFF
    old = [(1, 6, nobody), (2, 6, WRITER), (4, 4, nobody), (0x10, 6, nobody), (0x20, 4, nobody)]

    def packed(entries: list[tuple[int, int, int]]) -> bytes:
        return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)

    try:
        os.setxattr(shared, "system.posix_acl_access", packed(old))
    except OSError:
        pytest.skip("no access lists here")
    assert write_as(WRITER, [GROUP], shared, "yes") == ""
    found = os.getxattr(shared, "system.posix_acl_access")
    assert found == packed(sorted([*old, (2, 6, OWNER)]))


class TestRightsOfTheOldOwner:
    """Of a file in /m that was another's, and is ours after the write."""

    @pytest.fixture
    def copy(self, tmp_path: Path) -> Iterator[int]:
        descriptor = os.open(tmp_path / "copy.tmp", os.O_RDWR | os.O_CREAT)
        yield descriptor
        os.close(descriptor)

    @staticmethod
    def of(owner: int, group: int, mode: int) -> os.stat_result:
        return os.stat_result((0o100000 | mode, 1, 1, 1, owner, group, 5, 0, 0, 0))

    def test_a_file_system_without_access_lists_cannot_keep_them(
        self, copy: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_arguments: object) -> None:
            raise OSError(errno.ENOTSUP, "Operation not supported")

        monkeypatch.setattr(os, "setxattr", refuse)
        with pytest.raises(ValueError, match=f"user {OWNER}, whose rights could not be kept"):
            keep_access(self.of(OWNER, GROUP, 0o664), copy)

    def test_who_has_them_by_the_group_or_as_anybody_needs_no_list(
        self, copy: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_arguments: object) -> None:
            pytest.fail("an access list was made")

        monkeypatch.setattr(os, "setxattr", fail)
        daemon = pwd.getpwnam("daemon")
        keep_access(self.of(daemon.pw_uid, daemon.pw_gid, 0o660), copy)
        keep_access(self.of(OWNER, GROUP, 0o666), copy)
