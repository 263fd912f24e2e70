"""Several files with one sound, and several names of one file: each keeps what is its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from audiotag.tags.whereabouts import A_COPY, GONE
from tests.helpers.shelf import (
    WITH_AND_WITHOUT_A_SCAN,
    Shelf,
    genres,
    retitle,
    scan_if,
)


@WITH_AND_WITHOUT_A_SCAN
class TestCopies:
    """Several files with one sound: each is known by its state, then by its path."""

    def test_a_copy_beside_it_was_never_written(self, scanned: bool, shelf: Shelf) -> None:
        shutil.copyfile(shelf.music / "a.wav", shelf.music / "copy.wav")
        scan_if(shelf, scanned)
        shelf.undo()
        assert (genres(shelf.music / "a.wav"), genres(shelf.music / "copy.wav")) == (("Polka",), ("Rock",))

    def test_the_copy_stays_and_the_file_goes(self, scanned: bool, shelf: Shelf) -> None:
        copy = shelf.song("copy.wav", 0, "Rock")  # "already so": it is not written
        shelf.scan()
        shelf.tag()
        (shelf.music / "a.wav").unlink()
        scan_if(shelf, scanned)
        found = shelf.undo()
        assert (found["a.wav"].reason, genres(copy)) == (GONE, ("Rock",))

    def test_the_copy_takes_its_name(self, scanned: bool, shelf: Shelf) -> None:
        copy = shelf.song("copy.wav", 0, "Rock")
        shelf.scan()
        os.replace(copy, shelf.music / "a.wav")
        scan_if(shelf, scanned)
        found = shelf.undo()
        assert genres(shelf.music / "a.wav") == ("Rock",)
        assert {one.reason for one in found.values() if one.action == "keep"} <= {A_COPY, GONE}

    def test_a_written_and_an_unwritten_copy_exchange_their_names(self, scanned: bool, shelf: Shelf) -> None:
        shelf.song("copy.wav", 0, "Rock")
        shelf.scan()
        shelf.rename(a="copy", copy="a")
        scan_if(shelf, scanned)
        shelf.undo()
        assert (genres(shelf.music / "a.wav"), genres(shelf.music / "copy.wav")) == (("Rock",), ("Polka",))

    def test_written_copies_exchange_their_names(self, scanned: bool, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path / "copies")
        for name, genre in (("a", "Polka"), ("b", "Waltz"), ("c", "Tango")):
            shelf.song(f"{name}.wav", 7, genre)
        shelf.scan()
        shelf.tag()
        shelf.rename(a="b", b="c", c="a")
        scan_if(shelf, scanned)
        shelf.undo()
        assert shelf.genres() == {"a.wav": ("Tango",), "b.wav": ("Polka",), "c.wav": ("Waltz",)}

    def test_where_it_cannot_be_told_they_are_left_alone(self, scanned: bool, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path / "copies")
        for name, genre in (("a", "Polka"), ("b", "Waltz")):
            shelf.song(f"{name}.wav", 7, genre)
        shelf.scan()
        shelf.tag()
        shelf.rename(a="b", b="a")
        for name in "ab":
            retitle(shelf.music / f"{name}.wav", "Another title")
        scan_if(shelf, scanned)
        assert {one.reason for one in shelf.undo().values()} == {A_COPY}
        assert set(shelf.genres().values()) == {("Rock",)}

    def test_to_another_disk_they_go_by_their_names(self, scanned: bool, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path / "copies")
        for name, genre in (("one/a", "Polka"), ("one/b", "Waltz")):
            shelf.song(f"{name}.wav", 7, genre)
        shelf.scan()
        shelf.tag()
        shutil.copytree(shelf.music / "one", shelf.music / "two")
        shutil.rmtree(shelf.music / "one")
        scan_if(shelf, scanned)
        shelf.undo()
        expected = [("Polka",), ("Waltz",)] if scanned else [("Rock",), ("Rock",)]
        assert list(shelf.genres().values()) == expected


class TestLinks:
    @WITH_AND_WITHOUT_A_SCAN
    def test_a_symbolic_link_takes_another_s_name(self, scanned: bool, shelf: Shelf) -> None:
        (shelf.music / "a.wav").unlink()
        (shelf.music / "a.wav").symlink_to(shelf.music / "b.wav")
        scan_if(shelf, scanned)
        shelf.undo()
        assert shelf.genres() == {"a.wav": ("Waltz",), "b.wav": ("Waltz",), "c.wav": ("Tango",)}

    @pytest.mark.parametrize("edited", [False, True])
    def test_a_hard_link_is_the_same_file(self, edited: bool, shelf: Shelf) -> None:
        os.link(shelf.music / "a.wav", shelf.music / "z.wav")
        (shelf.music / "a.wav").unlink()
        if edited:
            retitle(shelf.music / "z.wav", "Another title")
        shelf.undo()
        assert genres(shelf.music / "z.wav") == ("Polka",)

    def test_a_folder_became_a_link(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path / "links")
        shelf.song("x/a.wav", 1, "Polka")
        shelf.scan()
        shelf.tag()
        (shelf.music / "x").rename(tmp_path / "elsewhere")
        (shelf.music / "x").symlink_to(tmp_path / "elsewhere")
        retitle(shelf.music / "x" / "a.wav", "Another title", anew=True)
        shelf.undo()
        assert genres(tmp_path / "elsewhere" / "a.wav") == ("Polka",)


@pytest.mark.parametrize("is_tagged", [True, False], ids=["written", "never written"])
@pytest.mark.parametrize("in_place", [True, False], ids=["into the file", "a new file"])
def test_a_copy_of_one_under_the_name_that_another_left_for_a_third_song_s(
    tmp_path: Path, is_tagged: bool, in_place: bool
) -> None:
    """The library, without a scan, knows another sound where the second one lies now."""
    shelf = Shelf(tmp_path / "shelf")
    one, two = shelf.song("one.wav", 1, "Polka"), shelf.song("two.wav", 1, "Waltz")
    third = shelf.song("third.wav", 2, "Tango")
    shelf.scan()
    for song in (one, two, third)[: 3 if is_tagged else 2]:
        shelf.tag(under=[song])
    shelf.rename(two="third", third="two")
    if not in_place:
        two.unlink()
    shutil.copyfile(one, two)
    shelf.undo(2)
    assert (genres(third), genres(two)) == (("Waltz",), ("Rock",))
    shelf.undo(1)
    assert (genres(one), genres(two)) == (("Polka",), ("Rock",))
