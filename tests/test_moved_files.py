"""A write belongs to a sound: whatever is done to the names, no genre comes into another song."""

from __future__ import annotations

import os
import shutil
import sqlite3
import wave
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from audiotag.library.migrate import migrate
from audiotag.library.schema import MIGRATIONS
from audiotag.undo import AS_BEFORE
from audiotag.whereabouts import A_COPY, GONE, OUTSIDE, REPLACED, UNSURE
from tests.shelf import FILL, Shelf, genres, make_song, retitle
from tests.tags.dressing import write_genres

WITH_AND_WITHOUT_A_SCAN = pytest.mark.parametrize("scanned", [False, True], ids=["at once", "after a scan"])


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Three songs with genres of their own, all tagged as Rock."""
    made = Shelf(tmp_path)
    for sound, (name, genre) in enumerate((("a", "Polka"), ("b", "Waltz"), ("c", "Tango"))):
        retitle(made.song(f"{name}.wav", sound, genre), f"Song with {genre}")
    made.scan()
    made.tag()
    assert set(made.genres().values()) == {("Rock",)}
    return made


def scan_if(shelf: Shelf, scanned: bool) -> None:
    if scanned:
        shelf.scan()


@WITH_AND_WITHOUT_A_SCAN
class TestUndo:
    def test_a_ring(self, scanned: bool, shelf: Shelf) -> None:
        shelf.rename(a="b", b="c", c="a")
        scan_if(shelf, scanned)
        shelf.undo()
        assert shelf.genres() == {"a.wav": ("Tango",), "b.wav": ("Polka",), "c.wav": ("Waltz",)}
        again = shelf.undo(1)
        assert {one.reason for one in again.values()} == {AS_BEFORE}

    def test_a_swap_of_files_whose_tags_were_edited_as_well(self, scanned: bool, shelf: Shelf) -> None:
        shelf.rename(a="b", b="a")
        retitle(shelf.music / "a.wav", "Another title")
        retitle(shelf.music / "b.wav", "One more", anew=True)
        scan_if(shelf, scanned)
        shelf.undo()
        assert shelf.genres() == {"a.wav": ("Waltz",), "b.wav": ("Polka",), "c.wav": ("Tango",)}

    def test_a_file_moved_over_another(self, scanned: bool, shelf: Shelf) -> None:
        os.replace(shelf.music / "a.wav", shelf.music / "b.wav")
        scan_if(shelf, scanned)
        found = shelf.undo()
        assert shelf.genres() == {"b.wav": ("Polka",), "c.wav": ("Tango",)}
        assert sorted(one.reason for one in found.values() if one.action == "keep") in ([], [REPLACED])

    def test_another_recording_in_its_place(self, scanned: bool, shelf: Shelf) -> None:
        make_song(shelf.music / "a.wav", 99, "Rock")
        scan_if(shelf, scanned)
        found = shelf.undo()
        assert (found["a.wav"].reason, genres(shelf.music / "a.wav")) == (REPLACED, ("Rock",))
        assert shelf.genres() == {"a.wav": ("Rock",), "b.wav": ("Waltz",), "c.wav": ("Tango",)}

    def test_a_chain_whose_first_name_has_a_new_song(self, scanned: bool, shelf: Shelf) -> None:
        shelf.rename(a="b", b="c", c="d")
        make_song(shelf.music / "a.wav", 99, "Rock")
        scan_if(shelf, scanned)
        shelf.undo()
        assert shelf.genres() == {
            "a.wav": ("Rock",), "b.wav": ("Polka",), "c.wav": ("Waltz",), "d.wav": ("Tango",),
        }  # fmt: skip

    def test_an_older_run_after_a_ring_and_a_later_run(self, scanned: bool, shelf: Shelf) -> None:
        write_genres(shelf.music / "a.wav", ("Fado",))
        shelf.scan()
        shelf.tag()
        shelf.rename(a="b", b="c", c="a")
        scan_if(shelf, scanned)
        shelf.undo(2)
        assert shelf.genres() == {"a.wav": ("Rock",), "b.wav": ("Fado",), "c.wav": ("Rock",)}
        shelf.undo(1)
        assert shelf.genres() == {"a.wav": ("Tango",), "b.wav": ("Fado",), "c.wav": ("Waltz",)}

    def test_an_undo_is_undone_wherever_the_file_went(self, scanned: bool, shelf: Shelf) -> None:
        shelf.undo()
        shelf.rename(a="b", b="a")
        scan_if(shelf, scanned)
        shelf.undo(2)
        assert set(shelf.genres().values()) == {("Rock",)}
        shelf.rename(a="b", b="a")
        scan_if(shelf, scanned)
        shelf.undo(3)
        assert shelf.genres() == {"a.wav": ("Polka",), "b.wav": ("Waltz",), "c.wav": ("Tango",)}

    def test_only_what_lies_where_it_was_asked_for(self, scanned: bool, shelf: Shelf) -> None:
        shelf.rename(a="b", b="a")
        scan_if(shelf, scanned)
        found = shelf.undo(under=[shelf.music / "a.wav"])
        assert shelf.genres() == {"a.wav": ("Waltz",), "b.wav": ("Rock",), "c.wav": ("Rock",)}
        assert {one.reason for one in found.values()} <= {"", OUTSIDE, REPLACED}

    def test_folders_that_exchanged_their_names(self, scanned: bool, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path / "folders")
        for sound, genre in enumerate(("Polka", "Waltz", "Tango", "Fado")):
            shelf.song(f"{'xy'[sound // 2]}/{sound % 2}.wav", sound, genre)
        shelf.scan()
        shelf.tag()
        for old, new in (("x", "z"), ("y", "x"), ("z", "y")):
            (shelf.music / old).rename(shelf.music / new)
        retitle(shelf.music / "x" / "0.wav", "Another title", anew=True)
        scan_if(shelf, scanned)
        shelf.undo()
        assert [genre for (genre,) in shelf.genres().values()] == ["Tango", "Fado", "Polka", "Waltz"]

    def test_names_that_differ_by_case_alone(self, scanned: bool, shelf: Shelf) -> None:
        shelf.rename(a="A")
        scan_if(shelf, scanned)
        shelf.undo()
        assert shelf.genres() == {"A.wav": ("Polka",), "b.wav": ("Waltz",), "c.wav": ("Tango",)}


class TestUndoWithoutAScan:
    def test_one_that_is_gone_and_one_that_was_renamed(self, shelf: Shelf) -> None:
        (shelf.music / "a.wav").unlink()
        shelf.rename(b="new name")
        found = shelf.undo()
        assert (found["a.wav"].reason, found["new name.wav"].action) == (GONE, "write")
        assert shelf.genres() == {"c.wav": ("Tango",), "new name.wav": ("Waltz",)}

    def test_a_sound_that_agrees_where_it_is_sampled(self, tmp_path: Path) -> None:
        """Another pressing of a long song: the fingerprint does not tell, all of the sound does."""
        shelf = Shelf(tmp_path)
        path = make_long(shelf.music / "long.wav", None)
        write_genres(path, ("Polka",))
        shelf.scan()
        shelf.tag()
        other = make_long(tmp_path / "other.wav", 100_000)
        write_genres(other, ("Rock",))
        shutil.copyfile(other, path)
        assert shelf.undo()["long.wav"].reason == REPLACED
        assert path.read_bytes() == other.read_bytes()

    def test_the_same_size_and_time_and_inode_but_another_sound(self, shelf: Shelf) -> None:
        path = shelf.music / "a.wav"
        before = path.stat()
        data = path.read_bytes()
        at = data.index(b"data") + 100
        with path.open("r+b") as file:
            file.seek(at)
            file.write(bytes(200))
        os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
        assert shelf.undo()["a.wav"].reason == REPLACED


def make_long(path: Path, silent_at: int | None) -> Path:
    """Half a megabyte of sound, a few bytes of which may be silence."""
    path = make_song(path, 1)
    random = np.random.default_rng(5)
    data = bytearray(random.bytes(500_000))
    if silent_at is not None:
        data[silent_at : silent_at + 8] = bytes(8)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", "not compressed"))
        file.writeframes(bytes(data))
    return path


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


class TestOlderLibraries:
    """From before writes kept a sound: what the library still knows is taken from it, else care is."""

    def test_files_as_they_were_left_are_followed_like_any(self, shelf: Shelf) -> None:
        age(shelf)
        retitle(shelf.music / "c.wav", "Another title", anew=True)
        shelf.rename(a="b", b="a")
        assert shelf.plan("c.wav").decision.reason == "already so"
        shelf.undo()
        assert shelf.genres() == {"a.wav": ("Waltz",), "b.wav": ("Polka",), "c.wav": ("Tango",)}

    def test_the_writes_before_the_last_are_known_with_it(self, shelf: Shelf) -> None:
        write_genres(shelf.music / "a.wav", ("Fado",))
        shelf.scan()
        shelf.tag()
        shelf.undo()
        shelf.undo(3)
        age(shelf)
        shelf.rename(a="b", b="a")
        shelf.undo(2)
        # The owner's edit lies between the first run and the others: that was another state.
        assert shelf.undo(1)["a.wav"].action == "write"
        assert shelf.genres() == {"a.wav": ("Waltz",), "b.wav": ("Fado",), "c.wav": ("Tango",)}

    def test_without_any_fingerprint_only_the_very_file_is_taken(self, shelf: Shelf) -> None:
        age(shelf, fingerprints=False)
        retitle(shelf.music / "a.wav", "Another title")
        data = (shelf.music / "b.wav").read_bytes()
        (shelf.music / "b.wav").unlink()
        (shelf.music / "b.wav").write_bytes(data)  # from a backup: its bytes tell
        found = shelf.undo()
        assert found["a.wav"].reason == UNSURE
        assert shelf.genres() == {"a.wav": ("Rock",), "b.wav": ("Waltz",), "c.wav": ("Tango",)}

    def test_names_that_were_exchanged_are_left_alone_there(self, shelf: Shelf) -> None:
        age(shelf, fingerprints=False)
        shelf.rename(a="b", b="a")
        make_song(shelf.music / "c.wav", 99, "Rock")
        assert shelf.plan("c.wav").decision.reason == "has a genre"
        assert {one.reason for one in shelf.undo().values()} == {UNSURE}
        assert set(shelf.genres().values()) == {("Rock",)}

    def test_two_recordings_one_after_the_other_under_one_name(self, shelf: Shelf) -> None:
        make_song(shelf.music / "a.wav", 99, "Fado")
        shelf.scan()
        shelf.tag()
        age(shelf, fingerprints=False)
        assert shelf.undo(1)["a.wav"].reason == UNSURE
        shelf.undo(2)
        assert shelf.genres()["a.wav"] == ("Fado",)

    def test_a_scan_learns_the_sound_of_what_is_as_it_was_left(self, shelf: Shelf) -> None:
        age(shelf, fingerprints=False)
        assert shelf.scan().unchanged == 3
        shelf.rename(a="b", b="a")
        retitle(shelf.music / "c.wav", "Another title", anew=True)
        shelf.undo()
        assert shelf.genres() == {"a.wav": ("Waltz",), "b.wav": ("Polka",), "c.wav": ("Tango",)}

    def test_what_is_written_from_now_on_keeps_its_sound(self, shelf: Shelf) -> None:
        age(shelf, fingerprints=False)
        shelf.undo()
        shelf.rename(a="b", b="a")
        shelf.undo(2)
        assert set(shelf.genres().values()) == {("Rock",)}


def age(shelf: Shelf, fingerprints: bool = True) -> None:
    """Make the library what it was before writes kept a sound."""
    old = shelf.db.with_suffix(".old")
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        migrate(db, old, MIGRATIONS[:3])
        db.execute("ATTACH ? AS present", (str(shelf.db),))
        for table in ("models", "tracks", "runs", "writes"):
            names = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM present.{table}")
        if not fingerprints:
            db.execute("UPDATE main.tracks SET fingerprint = NULL")
    for suffix in ("", "-wal", "-shm"):
        shelf.db.with_name(shelf.db.name + suffix).unlink(missing_ok=True)
    old.rename(shelf.db)


class TestByItsNewName:
    def test_a_renamed_file_may_be_asked_for(self, shelf: Shelf) -> None:
        shelf.rename(a="new name")
        found = shelf.undo(under=[shelf.music / "new name.wav"])
        assert [one.action for one in found.values()] == ["write"]
        assert shelf.genres() == {"b.wav": ("Rock",), "c.wav": ("Rock",), "new name.wav": ("Polka",)}
