"""Rows follow their sound in one scan, whatever the names did."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.helpers.shelf import (
    Shelf,
    genres,
    make_song,
    retitle,
)


class TestScan:
    """Rows follow their sound in one run, whatever the names did."""

    def test_a_ring_a_chain_and_a_new_song(self, shelf: Shelf) -> None:
        make_song(shelf.music / "d.wav", 3)
        make_song(shelf.music / "e.wav", 4)
        shelf.scan()
        shelf.rename(a="b", b="c", c="a", d="e", e="f")
        make_song(shelf.music / "d.wav", 5)
        summary = shelf.scan()
        assert (summary.waiting, summary.missing, summary.predicted, summary.recognised) == (0, 0, 1, 5)
        assert summary.moved == 5
        again = shelf.scan()
        assert (again.unchanged, again.done) == (6, 0)
        titles = shelf.titles()
        assert [titles[f"{name}.wav"] for name in "abc"] == [
            "Song with Tango", "Song with Polka", "Song with Waltz",
        ]  # fmt: skip

    def test_a_swap_with_an_edit_of_the_tags(self, shelf: Shelf) -> None:
        shelf.rename(a="b", b="a")
        retitle(shelf.music / "a.wav", "Another title", anew=True)
        summary = shelf.scan()
        assert (summary.waiting, summary.predicted, summary.recognised, summary.moved) == (0, 0, 2, 2)
        assert shelf.titles()["a.wav"] == "Another title"

    def test_a_move_over_another(self, shelf: Shelf) -> None:
        os.replace(shelf.music / "a.wav", shelf.music / "b.wav")
        summary = shelf.scan()
        assert (summary.waiting, summary.predicted, summary.recognised, summary.missing) == (0, 0, 1, 0)
        assert shelf.titles() == {"b.wav": "Song with Polka", "c.wav": "Song with Tango"}

    def test_a_folder_that_became_a_file(self, tmp_path: Path) -> None:
        """x.wav was a folder with songs; one is now that file, and has a copy elsewhere."""
        shelf = Shelf(tmp_path / "folders")
        shelf.song("x.wav/1.wav", 1, "Polka")
        shelf.song("x.wav/2.wav", 3, "Polka")
        shelf.song("y.wav", 2)
        shelf.scan()
        (shelf.music / "x.wav" / "1.wav").rename(tmp_path / "aside.wav")
        shutil.rmtree(shelf.music / "x.wav")
        (tmp_path / "aside.wav").rename(shelf.music / "x.wav")
        shutil.copyfile(shelf.music / "x.wav", shelf.music / "z.wav")
        assert shelf.scan().recognised == 2
        retitle(shelf.music / "x.wav", "Another title")
        shutil.copyfile(shelf.music / "z.wav", shelf.music / "more.wav")
        summary = shelf.scan()
        assert (summary.recognised, summary.waiting, len(summary.failures)) == (2, 0, 0)
        shelf.tag()
        shelf.undo(under=[shelf.music / "x.wav"])
        assert genres(shelf.music / "x.wav") == ("Polka",)
