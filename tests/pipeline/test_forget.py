"""--prune forgets what was deleted, and spares what may only be unplugged."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.library.changes import Changes, Wanted
from audiotag.library.places import mount_points
from audiotag.library.store import Store
from audiotag.library.walk import find_audio
from audiotag.pipeline.forget import Gone, forget_below, settle_gone
from audiotag.tags.formats.containers import SUFFIXES
from tests.helpers.command import command_in
from tests.helpers.tracks import MODEL, track

SONGS = ("top.mp3", "ann/first/1.mp3", "ann/first/2.mp3", "ann/second/3.mp3", "bob/only/4.mp3")


class Library:
    """Scans without ears: what is found is known."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path, write=True)

    def scan(self, *roots: Path, prune: bool = True) -> Gone:
        changes = Changes(self.store)
        changes.fill(find_audio(map(os.fsencode, roots), SUFFIXES))
        changes.compare(Wanted(self.store.remember(MODEL), "all"))
        for todo in changes.todo("new"):
            found = todo.found
            row = replace(track(found.path, [1.0, 0.0, 0.0]), size=found.size, mtime_ns=found.mtime_ns)
            self.store.put(replace(row, fingerprint=found.path))
        return settle_gone(self.store, changes, [os.fsencode(root) for root in roots], prune)

    def known(self) -> list[str]:
        return [os.fsdecode(read.path) for read in self.store.tracks()]

    def missing(self) -> int:
        return sum(read.missing for read in self.store.tracks())


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(tmp_path / "l.db")
    with made.store:
        yield made


@pytest.fixture
def music(tmp_path: Path) -> Path:
    return fill(tmp_path / "music")


def fill(folder: Path) -> Path:
    for name in SONGS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def counts(gone: Gone) -> tuple[int, int, int]:
    return gone.files, gone.forgotten, gone.spared


def folders(gone: Gone) -> list[str]:
    return [os.path.basename(os.fsdecode(absence.folder)) for absence in gone.absences]


class TestWhatWasDeletedIsForgotten:
    @pytest.mark.parametrize("name", ["top.mp3", "ann/first/1.mp3", "ann/second/3.mp3"])
    def test_a_file(self, name: str, library: Library, music: Path) -> None:
        library.scan(music)
        (music / name).unlink()
        if name == "ann/second/3.mp3":
            (music / "ann/second").rmdir()
        assert counts(library.scan(music)) == (1, 1, 0)
        assert len(library.known()) == 4

    def test_an_album_two_levels_down(self, library: Library, music: Path) -> None:
        library.scan(music)
        shutil.rmtree(music / "ann/first")
        assert counts(library.scan(music)) == (2, 2, 0)

    def test_an_album_of_which_the_cover_stays(self, library: Library, music: Path) -> None:
        library.scan(music)
        (music / "ann/second/cover.jpg").write_text("a picture")
        (music / "ann/second/3.mp3").unlink()
        assert counts(library.scan(music)) == (1, 1, 0)

    def test_a_file_whose_name_a_folder_has_now(self, library: Library, music: Path) -> None:
        library.scan(music)
        shutil.move(music / "top.mp3", music / "aside")
        (music / "top.mp3").mkdir()
        shutil.move(music / "aside", music / "top.mp3" / "song.mp3")
        assert counts(library.scan(music, prune=False)) == (1, 0, 0)
        assert counts(library.scan(music)) == (1, 1, 0)
        assert str(music / "top.mp3" / "song.mp3") in library.known()

    def test_not_without_prune(self, library: Library, music: Path) -> None:
        library.scan(music)
        shutil.rmtree(music / "ann/first")
        assert counts(library.scan(music, prune=False)) == (2, 0, 0)
        assert library.missing() == 2


MARKERS = ("", "NOT_MOUNTED", ".not-mounted", "lost+found/", ".Trash-1000/", "new song.mp3", "README.txt")


class TestWhatWentAsAWholeIsSpared:
    @pytest.mark.parametrize("marker", MARKERS)
    @pytest.mark.parametrize("folder", ["", "ann", "bob"])
    def test_a_root_or_a_top_folder(self, folder: str, marker: str, library: Library, music: Path) -> None:
        """Whatever lies in its place, be it a song that nobody knew, and whatever beside it."""
        library.scan(music)
        gone = music / folder
        lost = sum(1 for name in SONGS if name.startswith(folder))
        shutil.move(gone, music.parent / "unplugged")
        gone.mkdir()
        if marker.endswith("/"):
            (gone / marker).mkdir()
        elif marker:
            (gone / marker).touch()
        result = library.scan(music)
        assert counts(result) == (lost, 0, lost)
        assert folders(result) == [gone.name]
        shutil.rmtree(gone)
        lost += marker == "new song.mp3"
        assert counts(library.scan(music)) == (lost, 0, lost), "nor without a folder"
        shutil.move(music.parent / "unplugged", gone)
        library.scan(music, prune=False)
        assert library.missing() == (marker == "new song.mp3")

    @pytest.mark.parametrize("marker", MARKERS[:5])
    def test_an_album_that_is_bare(self, marker: str, library: Library, music: Path) -> None:
        library.scan(music)
        shutil.rmtree(music / "ann/first")
        (music / "ann/first").mkdir()
        if marker.endswith("/"):
            (music / "ann/first" / marker).mkdir()
        elif marker:
            (music / "ann/first" / marker).touch()
        assert counts(library.scan(music)) == (2, 0, 2)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
    def test_what_cannot_be_looked_into(self, library: Library, music: Path) -> None:
        library.scan(music)
        (music / "ann/first").chmod(0)
        try:
            assert counts(library.scan(music)) == (0, 0, 0)
        finally:
            (music / "ann/first").chmod(0o755)

    def test_a_root_of_an_earlier_scan(self, library: Library, music: Path) -> None:
        library.scan(music / "ann/first")
        library.scan(music)
        shutil.rmtree(music / "ann/first")
        assert folders(library.scan(music)) == ["first"]

    def test_another_disk_in_the_same_place(self, library: Library, music: Path) -> None:
        library.scan(music)
        shutil.rmtree(music)
        (music / "cid").mkdir(parents=True)
        (music / "cid/9.mp3").touch()
        assert counts(library.scan(music)) == (5, 0, 5)
        assert len(library.known()) == 6

    def test_few_of_many_folders_are_named(self, library: Library, music: Path) -> None:
        for number in range(20):
            (music / f"{number}").mkdir()
            (music / f"{number}/1.mp3").touch()
        library.scan(music)
        for number in range(20):
            shutil.rmtree(music / f"{number}")
        result = library.scan(music)
        assert counts(result) == (20, 0, 20)
        assert len(result.absences) == 5


class TestDisks:
    """A folder that was a mount when its songs were heard, and is none now."""

    @pytest.fixture
    def mounts(self, monkeypatch: pytest.MonkeyPatch) -> set[bytes]:
        points = {b"/"}
        monkeypatch.setattr("audiotag.library.places.mount_points", lambda: frozenset(points))
        return points

    @pytest.mark.parametrize("inside", ["ann/first", "ann", ""])
    def test_at_any_depth_and_though_something_is_there(
        self, inside: str, mounts: set[bytes], library: Library, music: Path
    ) -> None:
        disk = os.fsencode(music / inside)
        mounts.add(disk)
        library.scan(music)
        mounts.remove(disk)
        (music / "ann/first/1.mp3").unlink()  # a sync has filled the empty mount point up, but for this
        result = library.scan(music)
        assert counts(result) == (1, 0, 1)
        assert [absence.looks for absence in result.absences] == ["its disk is not mounted"]
        mounts.add(disk)
        assert counts(library.scan(music)) == (1, 1, 0), "with its disk there, it was deleted"

    def test_that_holds_the_root(self, mounts: set[bytes], library: Library, music: Path) -> None:
        mounts.add(os.fsencode(music.parent))
        library.scan(music)
        mounts.clear()
        (music / "ann/first/1.mp3").unlink()
        assert counts(library.scan(music)) == (1, 0, 1)

    def test_behind_a_link(self, mounts: set[bytes], library: Library, music: Path) -> None:
        (music.parent / "link").symlink_to(music)
        mounts.add(os.fsencode(music))
        library.scan(music.parent / "link")
        mounts.remove(os.fsencode(music))
        (music / "ann/first/1.mp3").unlink()
        assert counts(library.scan(music.parent / "link")) == (1, 0, 1)

    def test_that_is_there_under_another_number_has_its_deleted_files_forgotten(
        self, mounts: set[bytes], library: Library, music: Path
    ) -> None:
        mounts.add(os.fsencode(music))
        library.scan(music)
        (music / "ann/first/1.mp3").unlink()
        assert counts(library.scan(music)) == (1, 1, 0)

    def test_whose_songs_live_elsewhere_now(self, mounts: set[bytes], library: Library, music: Path) -> None:
        """All are there without it: it is one no longer."""
        mounts.add(os.fsencode(music / "ann/first"))
        library.scan(music)
        mounts.remove(os.fsencode(music / "ann/first"))
        library.scan(music)
        (music / "ann/first/1.mp3").unlink()
        assert counts(library.scan(music)) == (1, 1, 0)

    def test_where_the_system_does_not_tell(
        self, library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("audiotag.library.places.mount_points", lambda: None)
        library.scan(music)
        (music / "ann/first/1.mp3").unlink()
        assert counts(library.scan(music)) == (1, 1, 0)


def test_the_mounts_of_this_system() -> None:
    found = mount_points()
    assert found is not None
    assert b"/proc" in found


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a tmpfs")
def test_a_real_disk_beside_another(library: Library, tmp_path: Path) -> None:
    """With a blank in its name, which the system writes as \\040, and two levels below the root."""
    root = tmp_path / "media"
    point = root / "user/USB disk"
    fill(root / "user/other")
    point.mkdir()
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(point)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount here: {mounted.stderr.decode().strip()}")
    try:
        fill(point)
        library.scan(root)
    finally:
        subprocess.run(["umount", str(point)], check=True)
    (point / "NOT_MOUNTED.txt").write_text("plug it in")
    assert counts(library.scan(root)) == (5, 0, 5)
    subprocess.run(mount, check=True)
    try:
        fill(point)
        (point / "ann/first/1.mp3").unlink()
        assert counts(library.scan(root)) == (1, 1, 0)
    finally:
        subprocess.run(["umount", str(point)], check=True)


class TestForgettingForGood:
    @pytest.mark.parametrize("folder", ["", "ann", "bob/only"])
    def test_what_its_owner_names(self, folder: str, library: Library, music: Path) -> None:
        library.scan(music)
        lost = sum(1 for name in SONGS if name.startswith(folder))
        shutil.rmtree(music / folder)
        library.scan(music)
        assert forget_below(library.store, [os.fsencode(music / folder)]) == (lost, 0)
        assert len(library.known()) == len(SONGS) - lost

    def test_not_what_is_there(self, library: Library, music: Path) -> None:
        library.scan(music)
        (music / "top.mp3").unlink()
        assert forget_below(library.store, [os.fsencode(music)]) == (1, 4)

    def test_nor_what_lies_beside_it(self, library: Library, music: Path) -> None:
        (music / "bob!").mkdir()
        (music / "bob!/5.mp3").touch()
        library.scan(music)
        shutil.rmtree(music)
        assert forget_below(library.store, [os.fsencode(music / "bob")]) == (1, 0)


def test_the_command(library: Library, music: Path, tmp_path: Path) -> None:
    """Without PATH nothing is scanned, and what is there is kept."""
    library.scan(music)
    shutil.rmtree(music / "ann")
    library.store.close()
    audiotag = command_in(tmp_path)
    done = audiotag("scan", "--db", tmp_path / "l.db", "--forget", music / "ann", "--forget", music)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        f"{music}/ann: 3 files forgotten.",
        f"{music}: 0 files forgotten, 2 kept that are there.",
    ]
    with Store(tmp_path / "l.db", write=False) as store:
        assert len(list(store.paths())) == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, which knows $'…'")
def test_the_line_that_says_how_to_forget_does_it_when_it_is_given_to_a_shell(tmp_path: Path) -> None:
    """Whatever the folder is called, and in the library that was asked for."""
    root = fill(tmp_path / "music")
    folder = os.fsencode(root) + b"/it's \xff\x1b[31m"
    os.rename(root / "bob", folder)
    library = Library(tmp_path / "other.db")
    with library.store:
        library.scan(root)
    shutil.rmtree(folder)
    audiotag = command_in(tmp_path)
    said = audiotag("scan", "--db", tmp_path / "other.db", "--prune", root).stderr
    assert "it's \\xff\\x1b[31m: all of it is gone" in said
    (line,) = (line for line in said.splitlines() if line.startswith("spared: "))
    hint = line.partition("for good: ")[2]
    done = subprocess.run(["bash", "-c", hint], capture_output=True, check=False)
    assert b": 1 file forgotten." in done.stderr
