"""Which files a walk finds, in which order, and what it says of those it cannot see."""

from __future__ import annotations

import errno
import inspect
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from audiotag.library import walk
from audiotag.library.walk import FoundFile, find_audio
from audiotag.tags.formats.containers import SUFFIXES
from tests.helpers.people import as_somebody_else, open_folder


def make(folder: Path, *names: str | bytes) -> None:
    for name in names:
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"sound")


def found(*roots: Path, exclude: tuple[str, ...] = ()) -> list[str]:
    base = os.path.commonpath(roots) if len(roots) > 1 else roots[0]
    return [
        os.path.relpath(os.fsdecode(file.path), base)
        for file in find_audio([os.fsencode(root) for root in roots], SUFFIXES, exclude)
    ]


def test_audio_files_are_found_by_suffix_whatever_its_case(tmp_path: Path) -> None:
    make(tmp_path, "a.mp3", "b.FLAC", "c.txt", "d", "cover.jpg", "e.m4a")
    assert found(tmp_path) == ["a.mp3", "b.FLAC", "e.m4a"]


def test_folders_are_walked_in_byte_order_files_first(tmp_path: Path) -> None:
    make(tmp_path, "b/2.mp3", "b/1.mp3", "a/z.mp3", "a/deep/er/x.mp3", "last.mp3")
    assert found(tmp_path) == ["last.mp3", "a/z.mp3", "a/deep/er/x.mp3", "b/1.mp3", "b/2.mp3"]


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, ".hidden.mp3", ".trash/a.mp3", "seen.mp3", ".audiotag-0123456789abcdef.tmp")
    assert found(tmp_path) == ["seen.mp3"]


@pytest.mark.parametrize(
    "name",
    [
        ".Trash-1000", ".git", ".stfolder", ".ünseen", "._AppleDouble", ".@__thumb", ".~tmp", "lost+found",
        "@eaDir", "#recycle", "$RECYCLE.BIN", "$Recycle.Bin", "System Volume Information", "__MACOSX",
    ],
)  # fmt: skip
def test_what_a_system_keeps_for_itself_is_hidden(name: str, tmp_path: Path) -> None:
    make(tmp_path, f"{name}/a.mp3", f"{name}.d/b.mp3" if not name.startswith(".") else "c.mp3")
    assert not any(path.startswith(name + "/") for path in found(tmp_path))
    assert len(found(tmp_path)) == 1, "only the whole name is the system's"


@pytest.mark.parametrize(
    "name",
    [
        "...And Justice for All", "..and so on", ".5 - The Gray Chapter", ". dot", ".38 Special", "....",
        ".♫",
        "#1 Hits", "@ the Movies", "$ave Me", "lost and found",
    ],
)  # fmt: skip
def test_other_names_are_music_s_whatever_they_begin_with(name: str, tmp_path: Path) -> None:
    make(tmp_path, f"{name}/{name}.mp3", f"{name}.mp3")
    assert found(tmp_path) == [f"{name}.mp3", f"{name}/{name}.mp3"]


def test_what_is_passed_over_is_counted_by_kind(tmp_path: Path) -> None:
    make(
        tmp_path, "a.mp3", ".git/x.mp3", ".b.mp3", ".nfo", "._a.mp3", "._c.mp3", "._cover.jpg",
        "@eaDir/z.mp3", "skip/d.mp3", ".cache/e.mp3",
    )  # fmt: skip
    (tmp_path / "link.mp3").symlink_to(tmp_path / "a.mp3")
    passed: Counter[str] = Counter()
    list(find_audio([os.fsencode(tmp_path)], SUFFIXES, ("skip",), passed=lambda what: passed.update((what,))))
    assert passed == {".*": 3, "._*": 2, "@eaDir": 1, "excluded": 1, "symbolic link": 1}


def test_a_folder_that_cannot_be_read_is_a_problem_unless_it_is_the_system_s() -> None:
    def look() -> tuple[list[bytes], list[tuple[bytes, str]]]:
        problems: list[tuple[bytes, str]] = []
        files = find_audio([os.fsencode(folder)], SUFFIXES, (), lambda *args: problems.append(args))
        return [os.path.basename(file.path) for file in files], problems

    with open_folder() as folder:
        make(folder, "a.mp3", "lost+found/b.mp3", "private/c.mp3", "z/d.mp3")
        for name in ("lost+found", "private"):
            (folder / name).chmod(0)
        private = os.fsencode(folder / "private")
        assert as_somebody_else(look) == ([b"a.mp3", b"d.mp3"], [(private, "Permission denied")])


def test_a_name_that_goes_while_it_is_looked_at_is_a_problem_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def going(name: bytes, _suffixes: object) -> bool:
        if name == b"b.mp3":
            raise OSError(errno.ESTALE, "Stale file handle")
        return True

    make(tmp_path, "a.mp3", "b.mp3", "c.mp3")
    monkeypatch.setattr(walk, "has_suffix", going)
    problems: list[tuple[bytes, str]] = []
    files = find_audio([os.fsencode(tmp_path)], SUFFIXES, (), lambda *args: problems.append(args))
    assert [os.path.basename(file.path) for file in files] == [b"a.mp3", b"c.mp3"]
    assert problems == [(os.fsencode(tmp_path / "b.mp3"), "Stale file handle")]


def test_a_folder_called_like_a_song_is_a_folder(tmp_path: Path) -> None:
    make(tmp_path, "album.mp3/1.mp3")
    assert found(tmp_path) == ["album.mp3/1.mp3"]


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "real/a.mp3")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.mp3").symlink_to(tmp_path / "real" / "a.mp3")
    assert found(tmp_path) == ["real/a.mp3"]


def test_a_root_may_be_a_link_or_a_file_of_any_name(tmp_path: Path) -> None:
    make(tmp_path, "real/a.mp3", "song.bin")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert found(tmp_path / "link") == ["a.mp3"]
    assert [file.path for file in find_audio([os.fsencode(tmp_path / "song.bin")], SUFFIXES)] == [
        os.fsencode(tmp_path / "song.bin")
    ]


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    names = [b"\xff\xfe.mp3", b"new\nline.mp3", b"quote'\".mp3"]
    make(tmp_path, *names)
    assert sorted(
        os.path.basename(file.path) for file in find_audio([os.fsencode(tmp_path)], SUFFIXES)
    ) == sorted(names)


@pytest.mark.parametrize("pattern", ["skip*", "*/skipped/*", "skipped"])
def test_excluded_names_and_paths_are_passed_over(pattern: str, tmp_path: Path) -> None:
    make(tmp_path, "kept.mp3", "skipped/a.mp3")
    assert found(tmp_path, exclude=(pattern,)) == ["kept.mp3"]


def test_size_and_time_come_with_the_file(tmp_path: Path) -> None:
    make(tmp_path, "a.mp3")
    os.utime(tmp_path / "a.mp3", ns=(1, 1_234_567_890_123_456_789))
    (file,) = find_audio([os.fsencode(tmp_path)], SUFFIXES)
    assert file == FoundFile(os.fsencode(tmp_path / "a.mp3"), 5, 1_234_567_890_123_456_789)


def test_what_cannot_be_looked_at_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    make(tmp_path, "a.mp3")
    os.mkfifo(tmp_path / "pipe.mp3")
    problems: list[tuple[bytes, str]] = []
    roots = [tmp_path / "gone", tmp_path / "pipe.mp3", tmp_path]
    files = list(
        find_audio([os.fsencode(root) for root in roots], SUFFIXES, (), lambda *args: problems.append(args))
    )
    assert [os.path.basename(file.path) for file in files] == [b"a.mp3"]
    assert problems == [
        (os.fsencode(tmp_path / "gone"), "No such file or directory"),
        (os.fsencode(tmp_path / "pipe.mp3"), "neither a file nor a folder"),
    ]


def test_a_deep_tree_needs_no_recursion(tmp_path: Path) -> None:
    deepest = tmp_path.joinpath(*["d"] * 200)
    deepest.mkdir(parents=True)
    (deepest / "song.mp3").touch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        files = list(find_audio([os.fsencode(tmp_path)], SUFFIXES))
    finally:
        sys.setrecursionlimit(limit)
    assert [file.path for file in files] == [os.fsencode(deepest / "song.mp3")]
