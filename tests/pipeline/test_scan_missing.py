"""Files that are gone, and may come back; which of them --prune forgets is in test_forget.py."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.scans import QUICK, Library


class TestMissing:
    def test_a_folder_that_cannot_be_looked_into_is_not_gone(
        self, library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        library.scan(music)
        real = os.lstat

        def refused(path: bytes, **options: int) -> os.stat_result:
            if b"album" in os.fsencode(path):
                raise PermissionError(13, "Permission denied")
            return real(path, **options)

        monkeypatch.setattr(os, "lstat", refused)
        assert library.scan(music, options=replace(QUICK, prune=True)).missing == 0
        assert len(library.tracks()) == 3

    def test_prune_forgets_nothing_elsewhere(self, library: Library, music: Path, sounds: list[Path]) -> None:
        library.scan(music)
        other = music.parent / "other"
        other.mkdir()
        shutil.copyfile(sounds[3], other / "more.flac")
        shutil.rmtree(music)
        library.scan(other, options=replace(QUICK, prune=True))
        assert len(library.tracks()) == 4

    def test_prune_spares_what_may_be_a_disk_that_is_not_mounted(self, library: Library, music: Path) -> None:
        library.scan(music)
        shutil.move(music, music.parent / "unplugged")
        music.mkdir()
        summary = library.scan(music, options=replace(QUICK, prune=True))
        assert (summary.missing, summary.spared) == (3, 3)
        assert all(track.missing for track in library.tracks().values())
        music.rmdir()
        shutil.move(music.parent / "unplugged", music)
        assert library.scan(music).unchanged == 3
        assert not any(track.missing for track in library.tracks().values())

    def test_files_that_are_gone_are_marked_and_come_back(
        self, library: Library, music: Path, sound: Path
    ) -> None:
        library.scan(music)
        (music / "one.flac").rename(music.parent / "aside.flac")
        assert library.scan(music).missing == 1
        assert library.tracks()["one.flac"].missing
        (music.parent / "aside.flac").rename(music / "one.flac")
        assert library.scan(music).unchanged == 3
        assert not library.tracks()["one.flac"].missing

    def test_a_failed_file_comes_back_as_well(self, library: Library, music: Path) -> None:
        bad = music / "bad.flac"
        bad.write_text("no music")
        library.scan(music)
        bad.rename(music.parent / "aside.flac")
        library.scan(music)
        assert library.tracks()["bad.flac"].missing
        (music.parent / "aside.flac").rename(bad)
        assert library.scan(music).failed_before == 1
        assert not library.tracks()["bad.flac"].missing

    def test_prune_forgets_them(self, library: Library, music: Path) -> None:
        library.scan(music)
        (music / "album/two.flac").unlink()
        assert library.scan(music, options=replace(QUICK, prune=True)).missing == 1
        assert sorted(library.tracks()) == ["one.flac", "three.flac"]

    def test_files_elsewhere_are_none_of_its_business(
        self, library: Library, music: Path, tmp_path: Path
    ) -> None:
        library.scan(music)
        (music / "one.flac").unlink()
        assert library.scan(music / "album").missing == 0
