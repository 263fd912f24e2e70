"""The safe write: wholly new, with all that a file is beside its content, and nothing left beside it."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from audiotag.errors import TagWriteError
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.record import WriteOptions, WriteResult
from audiotag.tags.safewrite.write import safe_write
from tests.tags.failures import assert_untouched


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
        link.symlink_to(os.path.relpath(track, folder))
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
