"""Changes of genres as a person reads them: by folder, relative, no more lines than there is to say."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from audiotag.cli.changes import Changes, FileChange, common_folder
from audiotag.library.store import Store
from tests.helpers.tracks import track


def shown(*changes: FileChange, root: bytes = b"/m", singly: bool = False) -> list[str]:
    """The lines of standard output."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out)
        view = Changes(root, singly)
        for change in changes:
            view.add(change)
        view.close()
    return [line.rstrip() for line in out.getvalue().splitlines()]


def rock(path: bytes, confidence: float = 0.8, old: str = "(no genre)") -> FileChange:
    return FileChange(path, old, "Rock", confidence=confidence, added=("Rock",))


class TestChanges:
    def test_a_folder_whose_files_get_the_same_is_one_line(self) -> None:
        assert shown(rock(b"/m/a/1.mp3", 0.61), rock(b"/m/a/2.mp3", 0.9), rock(b"/m/b/3.mp3")) == [
            "/m:",
            "a/ (2 files): (no genre) → Rock   61%–90%",
            "b/3.mp3: (no genre) → Rock   80%",
            "",
            "genre  files",
            "Rock       3",
        ]

    def test_one_whose_files_differ_stands_above_them(self) -> None:
        lines = shown(rock(b"/m/a/1.mp3"), rock(b"/m/a/2.mp3", old="Pop"))
        assert lines[:4] == [
            "/m:",
            "a/",
            "  1.mp3: (no genre) → Rock   80%",
            "  2.mp3: Pop → Rock   80%",
        ]

    def test_singly_each_file_has_its_line(self) -> None:
        lines = shown(rock(b"/m/a/1.mp3"), rock(b"/m/a/2.mp3"), singly=True)
        assert lines[1:4] == ["a/", "  1.mp3: (no genre) → Rock   80%", "  2.mp3: (no genre) → Rock   80%"]

    def test_files_of_the_root_itself_stand_alone(self) -> None:
        assert shown(rock(b"/m/1.mp3"), rock(b"/m/2.mp3", old="Pop"))[1:3] == [
            "1.mp3: (no genre) → Rock   80%",
            "2.mp3: Pop → Rock   80%",
        ]

    def test_a_file_elsewhere_has_its_whole_name_and_so_has_all_without_a_root(self) -> None:
        assert shown(rock(b"/n/1.mp3"))[1] == "/n/1.mp3: (no genre) → Rock   80%"
        assert shown(rock(b"/m/1.mp3"), root=b"") == ["/m/1.mp3: (no genre) → Rock   80%"]

    def test_what_is_kept_says_why_and_counts_for_no_genre(self) -> None:
        kept = FileChange(b"/m/a.mp3", "Folk", None, "kept: has a genre")
        assert shown(kept) == ["/m:", "a.mp3: Folk   kept: has a genre"]

    def test_a_folder_of_a_million_files_is_not_held_back(self) -> None:
        lines = shown(*(rock(b"/m/a/%05d.mp3" % number) for number in range(1_500)))
        assert len([line for line in lines if "→" in line]) == 1_500
        assert lines.count("a/") == 1

    def test_no_tag_moves_the_cursor(self) -> None:
        change = FileChange(b"/m/\x1b[2J\xff.mp3", "Folk\x1b[2J", "Rock", confidence=0.8, added=("Rock",))
        assert shown(change)[1] == "\\x1b[2J\\xff.mp3: Folk\\x1b[2J → Rock   80%"

    def test_nothing_changed_is_nothing_shown(self) -> None:
        assert shown() == []


class TestCommonFolder:
    def test_it_is_what_all_files_of_the_library_share(self, tmp_path: Path) -> None:
        with Store(tmp_path / "library.db", write=True) as store:
            assert common_folder(store, []) == b""
            store.put(track(b"/m/a/1.mp3", [0.1, 0.2, 0.9]))
            assert common_folder(store, []) == b"/m/a"
            store.put(track(b"/m/b/2.mp3", [0.1, 0.2, 0.9]))
            assert common_folder(store, []) == b"/m"
            store.put(track(b"/n/3.mp3", [0.1, 0.2, 0.9]))
            assert common_folder(store, []) == b"", "the root of all says nothing"

    def test_a_folder_that_was_asked_for_is_it(self, tmp_path: Path) -> None:
        with Store(tmp_path / "library.db", write=True) as store:
            assert common_folder(store, [bytes(tmp_path)]) == bytes(tmp_path)
            assert common_folder(store, [b"/m/a", b"/m/b"]) == b"/m"
            assert common_folder(store, [bytes(tmp_path / "library.db")]) == b"", (
                "of one file nothing is left"
            )
