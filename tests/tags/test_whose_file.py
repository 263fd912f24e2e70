"""Whose a genre is after files were moved, exchanged and replaced."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.helpers.shelf import (
    FILL,
    WITH_AND_WITHOUT_A_SCAN,
    Shelf,
    make_song,
    retitle,
    scan_if,
)


class TestOwnership:
    @WITH_AND_WITHOUT_A_SCAN
    def test_another_recording_with_the_genre_that_was_written_is_the_user_s(
        self, scanned: bool, shelf: Shelf
    ) -> None:
        make_song(shelf.music / "a.wav", 99, "Rock")
        scan_if(shelf, scanned)
        assert shelf.plan("a.wav").decision.reason == "has a genre"
        assert shelf.plan("b.wav").decision.reason == "already so"

    @pytest.mark.parametrize("edited", [False, True])
    def test_a_file_that_moved_stays_our_own(self, edited: bool, shelf: Shelf) -> None:
        shelf.rename(a="b", b="a", c="d")
        if edited:
            for name in "abd":
                retitle(shelf.music / f"{name}.wav", "Another title", anew=True)
        shelf.scan()
        for name in "abd":
            assert shelf.plan(f"{name}.wav").decision.reason == "already so"

    def test_a_copy_s_genre_is_the_user_s(self, shelf: Shelf) -> None:
        shutil.copyfile(shelf.music / "a.wav", shelf.music / "copy.wav")
        shelf.scan()
        assert shelf.plan("copy.wav").decision.reason == "has a genre"
        assert shelf.plan("a.wav").decision.reason == "already so"

    def test_another_program_s_edit_of_other_tags_changes_nothing(self, shelf: Shelf) -> None:
        retitle(shelf.music / "a.wav", "Another title", anew=True)
        assert shelf.plan("a.wav").decision.reason == "already so"
        shelf.scan()
        assert shelf.plan("a.wav").decision.reason == "already so"

    def test_files_of_one_size_and_time_are_told_apart_before_a_write(self, tmp_path: Path) -> None:
        """As a scan does not open them, it cannot tell that they exchanged their names."""
        shelf = Shelf(tmp_path / "alike")
        for sound, name in enumerate("ab"):
            os.utime(shelf.song(f"{name}.wav", sound), ns=(10**18, 10**18))
        shelf.scan()
        shelf.rename(a="b", b="a")
        assert shelf.plan("a.wav").decision.reason == "changed since it was scanned; scan again"
        shelf.tag(FILL)
        assert set(shelf.genres().values()) == {()}

    def test_a_copy_that_takes_a_written_file_s_place_while_another_takes_its_own(
        self, tmp_path: Path
    ) -> None:
        shelf = Shelf(tmp_path)
        for name, sound, genre in (("a", 1, "Rock"), ("b", 1, "Polka"), ("c", 2, "Tango")):
            shelf.song(f"{name}.wav", sound, genre)
        shelf.scan()
        shelf.tag()  # all but the first, which has the genre
        os.replace(shelf.music / "a.wav", shelf.music / "b.wav")
        shutil.copyfile(shelf.music / "c.wav", shelf.music / "a.wav")
        shelf.genre = "Pop"
        shelf.scan(rescan=True)
        shelf.tag(FILL)
        assert shelf.genres()["b.wav"] == ("Rock",)

    def test_a_copy_that_was_never_written_is_not_taken_for_a_lost_file(self, shelf: Shelf) -> None:
        """The written file is replaced, its copy goes to where another song was."""
        shelf.song("copy.wav", 0, "Rock")
        shelf.scan()
        make_song(shelf.music / "a.wav", 99)
        shelf.rename(copy="b", b="copy")
        shelf.scan()
        assert shelf.plan("b.wav").decision.reason == "has a genre"
        shelf.undo()
        assert shelf.genres()["b.wav"] == ("Rock",)
