"""--prune and disks: what lay on one that is not mounted now is spared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audiotag.library.places import mount_points
from tests.helpers.mounts import Mount
from tests.helpers.walked_library import WalkedLibrary, counts, fill_with_songs


class TestDisks:
    """A folder that was a mount when its songs were scanned, and is none now."""

    @pytest.fixture
    def mounts(self, monkeypatch: pytest.MonkeyPatch) -> set[bytes]:
        points = {b"/"}
        monkeypatch.setattr("audiotag.library.places.mount_points", lambda: frozenset(points))
        return points

    @pytest.mark.parametrize("inside", ["ann/first", "ann", ""])
    def test_at_any_depth_and_though_something_is_there(
        self, inside: str, mounts: set[bytes], walked: WalkedLibrary, tree: Path
    ) -> None:
        disk = os.fsencode(tree / inside)
        mounts.add(disk)
        walked.scan(tree)
        mounts.remove(disk)
        (tree / "ann/first/1.mp3").unlink()  # a sync has filled the empty mount point up, but for this
        result = walked.scan(tree)
        assert counts(result) == (1, 0, 1)
        assert [absence.looks for absence in result.absences] == ["its disk is not mounted"]
        mounts.add(disk)
        assert counts(walked.scan(tree)) == (1, 1, 0), "with its disk there, it was deleted"

    def test_that_holds_the_root(self, mounts: set[bytes], walked: WalkedLibrary, tree: Path) -> None:
        mounts.add(os.fsencode(tree.parent))
        walked.scan(tree)
        mounts.clear()
        (tree / "ann/first/1.mp3").unlink()
        assert counts(walked.scan(tree)) == (1, 0, 1)

    def test_behind_a_link(self, mounts: set[bytes], walked: WalkedLibrary, tree: Path) -> None:
        (tree.parent / "link").symlink_to(tree)
        mounts.add(os.fsencode(tree))
        walked.scan(tree.parent / "link")
        mounts.remove(os.fsencode(tree))
        (tree / "ann/first/1.mp3").unlink()
        assert counts(walked.scan(tree.parent / "link")) == (1, 0, 1)

    def test_that_is_there_under_another_number_has_its_deleted_files_forgotten(
        self, mounts: set[bytes], walked: WalkedLibrary, tree: Path
    ) -> None:
        mounts.add(os.fsencode(tree))
        walked.scan(tree)
        (tree / "ann/first/1.mp3").unlink()
        assert counts(walked.scan(tree)) == (1, 1, 0)

    def test_whose_songs_live_elsewhere_now(
        self, mounts: set[bytes], walked: WalkedLibrary, tree: Path
    ) -> None:
        """All are there without it: it is one no longer."""
        mounts.add(os.fsencode(tree / "ann/first"))
        walked.scan(tree)
        mounts.remove(os.fsencode(tree / "ann/first"))
        walked.scan(tree)
        (tree / "ann/first/1.mp3").unlink()
        assert counts(walked.scan(tree)) == (1, 1, 0)

    def test_where_the_system_does_not_tell(
        self, walked: WalkedLibrary, tree: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("audiotag.library.places.mount_points", lambda: None)
        walked.scan(tree)
        (tree / "ann/first/1.mp3").unlink()
        assert counts(walked.scan(tree)) == (1, 1, 0)


def test_the_mounts_of_this_system() -> None:
    found = mount_points()
    assert found is not None
    assert b"/proc" in found


def test_a_real_disk_beside_another(walked: WalkedLibrary, tmp_path: Path) -> None:
    """With a blank in its name, which the system writes as \\040, and two levels below the root."""
    root = tmp_path / "media"
    fill_with_songs(root / "user/other")
    disk = Mount(root / "user/USB disk")
    try:
        fill_with_songs(disk.folder)
        walked.scan(root)
        disk.unmount()
        (disk.folder / "NOT_MOUNTED.txt").write_text("plug it in")
        assert counts(walked.scan(root)) == (5, 0, 5)
        disk.mount()
        fill_with_songs(disk.folder)
        (disk.folder / "ann/first/1.mp3").unlink()
        assert counts(walked.scan(root)) == (1, 1, 0)
    finally:
        disk.unmount()
