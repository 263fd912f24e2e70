"""--prune forgets what was deleted, and spares what may only be unplugged."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from audiotag.library.store import Store
from audiotag.pipeline.forget import forget_below
from tests.helpers.command import command_in
from tests.helpers.walked_library import SONGS, WalkedLibrary, counts, fill_with_songs, folders


class TestWhatWasDeletedIsForgotten:
    @pytest.mark.parametrize("name", ["top.mp3", "ann/first/1.mp3", "ann/second/3.mp3"])
    def test_a_file(self, name: str, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        (tree / name).unlink()
        if name == "ann/second/3.mp3":
            (tree / "ann/second").rmdir()
        assert counts(walked.scan(tree)) == (1, 1, 0)
        assert len(walked.known()) == 4

    def test_an_album_two_levels_down(self, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        shutil.rmtree(tree / "ann/first")
        assert counts(walked.scan(tree)) == (2, 2, 0)

    def test_an_album_of_which_the_cover_stays(self, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        (tree / "ann/second/cover.jpg").write_text("a picture")
        (tree / "ann/second/3.mp3").unlink()
        assert counts(walked.scan(tree)) == (1, 1, 0)

    def test_a_file_whose_name_a_folder_has_now(self, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        shutil.move(tree / "top.mp3", tree / "aside")
        (tree / "top.mp3").mkdir()
        shutil.move(tree / "aside", tree / "top.mp3" / "song.mp3")
        assert counts(walked.scan(tree, prune=False)) == (1, 0, 0)
        assert counts(walked.scan(tree)) == (1, 1, 0)
        assert str(tree / "top.mp3" / "song.mp3") in walked.known()

    def test_not_without_prune(self, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        shutil.rmtree(tree / "ann/first")
        assert counts(walked.scan(tree, prune=False)) == (2, 0, 0)
        assert walked.missing() == 2


MARKERS = ("", "NOT_MOUNTED", ".not-mounted", "lost+found/", ".Trash-1000/", "new song.mp3", "README.txt")


class TestWhatWentAsAWholeIsSpared:
    @pytest.mark.parametrize("marker", MARKERS)
    @pytest.mark.parametrize("folder", ["", "ann", "bob"])
    def test_a_root_or_a_top_folder(
        self, folder: str, marker: str, walked: WalkedLibrary, tree: Path
    ) -> None:
        """Whatever lies in its place, be it a song that nobody knew, and whatever beside it."""
        walked.scan(tree)
        gone = tree / folder
        lost = sum(1 for name in SONGS if name.startswith(folder))
        shutil.move(gone, tree.parent / "unplugged")
        gone.mkdir()
        if marker.endswith("/"):
            (gone / marker).mkdir()
        elif marker:
            (gone / marker).touch()
        result = walked.scan(tree)
        assert counts(result) == (lost, 0, lost)
        assert folders(result) == [gone.name]
        shutil.rmtree(gone)
        lost += marker == "new song.mp3"
        assert counts(walked.scan(tree)) == (lost, 0, lost), "nor without a folder"
        shutil.move(tree.parent / "unplugged", gone)
        walked.scan(tree, prune=False)
        assert walked.missing() == (marker == "new song.mp3")

    @pytest.mark.parametrize("marker", MARKERS[:5])
    def test_an_album_that_is_bare(self, marker: str, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        shutil.rmtree(tree / "ann/first")
        (tree / "ann/first").mkdir()
        if marker.endswith("/"):
            (tree / "ann/first" / marker).mkdir()
        elif marker:
            (tree / "ann/first" / marker).touch()
        assert counts(walked.scan(tree)) == (2, 0, 2)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
    def test_what_cannot_be_looked_into(self, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        (tree / "ann/first").chmod(0)
        try:
            assert counts(walked.scan(tree)) == (0, 0, 0)
        finally:
            (tree / "ann/first").chmod(0o755)

    def test_a_root_of_an_earlier_scan(self, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree / "ann/first")
        walked.scan(tree)
        shutil.rmtree(tree / "ann/first")
        assert folders(walked.scan(tree)) == ["first"]

    def test_another_disk_in_the_same_place(self, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        shutil.rmtree(tree)
        (tree / "cid").mkdir(parents=True)
        (tree / "cid/9.mp3").touch()
        assert counts(walked.scan(tree)) == (5, 0, 5)
        assert len(walked.known()) == 6

    def test_few_of_many_folders_are_named(self, walked: WalkedLibrary, tree: Path) -> None:
        for number in range(20):
            (tree / f"{number}").mkdir()
            (tree / f"{number}/1.mp3").touch()
        walked.scan(tree)
        for number in range(20):
            shutil.rmtree(tree / f"{number}")
        result = walked.scan(tree)
        assert counts(result) == (20, 0, 20)
        assert len(result.absences) == 5


class TestForgettingForGood:
    @pytest.mark.parametrize("folder", ["", "ann", "bob/only"])
    def test_what_its_owner_names(self, folder: str, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        lost = sum(1 for name in SONGS if name.startswith(folder))
        shutil.rmtree(tree / folder)
        walked.scan(tree)
        assert forget_below(walked.store, [os.fsencode(tree / folder)]) == (lost, 0)
        assert len(walked.known()) == len(SONGS) - lost

    def test_not_what_is_there(self, walked: WalkedLibrary, tree: Path) -> None:
        walked.scan(tree)
        (tree / "top.mp3").unlink()
        assert forget_below(walked.store, [os.fsencode(tree)]) == (1, 4)

    def test_nor_what_lies_beside_it(self, walked: WalkedLibrary, tree: Path) -> None:
        (tree / "bob!").mkdir()
        (tree / "bob!/5.mp3").touch()
        walked.scan(tree)
        shutil.rmtree(tree)
        assert forget_below(walked.store, [os.fsencode(tree / "bob")]) == (1, 0)


def test_the_command(walked: WalkedLibrary, tree: Path, tmp_path: Path) -> None:
    """Without PATH nothing is scanned, and what is there is kept."""
    walked.scan(tree)
    shutil.rmtree(tree / "ann")
    walked.store.close()
    audiotag = command_in(tmp_path)
    done = audiotag("scan", "--db", tmp_path / "l.db", "--forget", tree / "ann", "--forget", tree)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        f"{tree}/ann: 3 files forgotten.",
        f"{tree}: 0 files forgotten, 2 kept that are there.",
    ]
    with Store(tmp_path / "l.db", write=False) as store:
        assert len(list(store.paths())) == 2


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, which knows $'…'")
def test_the_line_that_says_how_to_forget_does_it_when_it_is_given_to_a_shell(tmp_path: Path) -> None:
    """Whatever the folder is called, and in the library that was asked for."""
    root = fill_with_songs(tmp_path / "music")
    folder = os.fsencode(root) + b"/it's \xff\x1b[31m"
    os.rename(root / "bob", folder)
    walked = WalkedLibrary(tmp_path / "other.db")
    with walked.store:
        walked.scan(root)
    shutil.rmtree(folder)
    audiotag = command_in(tmp_path)
    said = audiotag("scan", "--db", tmp_path / "other.db", "--prune", root).stderr
    assert "it's \\xff\\x1b[31m: all of it is gone" in said
    (line,) = (line for line in said.splitlines() if line.startswith("spared: "))
    hint = line.partition("for good: ")[2]
    done = subprocess.run(["bash", "-c", hint], capture_output=True, check=False)
    assert b": 1 file forgotten." in done.stderr
