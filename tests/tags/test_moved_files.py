"""A write belongs to a sound: whatever is done to the names, no genre comes into another song."""

from __future__ import annotations

import os
import shutil
import wave
from pathlib import Path

import mutagen
import numpy as np
import pytest
from mutagen.id3 import TIT2

from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.safewrite.journal import Origin
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.undo import AS_BEFORE
from audiotag.tags.whereabouts import GONE, OUTSIDE, REPLACED
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.shelf import (
    WITH_AND_WITHOUT_A_SCAN,
    Shelf,
    genres,
    make_song,
    retitle,
    scan_if,
)
from tests.tags.dressing import write_genres


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

    @pytest.mark.parametrize("name", ["other/b.wav", "other/new name.wav"])
    def test_one_that_went_to_another_folder_of_the_library(self, name: str, tmp_path: Path) -> None:
        """In the place of a song that was never written, which lies in its own now, or beside it."""
        shelf = Shelf(tmp_path)
        song, other = shelf.song("some/a.wav", 0, "Polka"), shelf.song("other/b.wav", 1, "Waltz")
        shelf.scan()
        shelf.tag(under=[song])
        moved = shelf.music / name
        song.rename(aside := tmp_path / "aside")
        if moved == other:
            other.rename(song)
        aside.rename(moved)
        shelf.undo()
        assert genres(moved) == ("Polka",)
        assert genres(song if moved == other else other) == ("Waltz",)

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


class TestByItsNewName:
    def test_a_renamed_file_may_be_asked_for(self, shelf: Shelf) -> None:
        shelf.rename(a="new name")
        found = shelf.undo(under=[shelf.music / "new name.wav"])
        assert [one.action for one in found.values()] == ["write"]
        assert shelf.genres() == {"b.wav": ("Rock",), "c.wav": ("Rock",), "new name.wav": ("Polka",)}


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wav", ".aiff", ".wv"])
def test_every_container_is_known_again_after_another_program_s_edit(suffix: str, tmp_path: Path) -> None:
    """Two songs of each: both retitled by mutagen, which moves what lies behind, and exchanged."""
    shelf = Shelf(tmp_path / "shelf")
    rate = 48_000 if suffix == ".opus" else 44_100
    names = [shelf.music / f"{name}{suffix}" for name in "ab"]
    for seed, (path, genre) in enumerate(zip(names, ("Polka", "Waltz"), strict=True)):
        write_genres(make_audio(path, tone(1.0, rate, seed=seed), rate), (genre,))
    with Store(shelf.db, write=True) as store, WritingSession(store, "tag") as session:
        for path in names:
            session.write(os.fsencode(path), Change(("Rock",)), WriteOptions(), Origin())
    for path in names:
        song = mutagen.File(path, easy=suffix not in (".wma", ".wav", ".aiff"))
        title = ["A very long title " * 500]
        if suffix in (".wav", ".aiff"):
            song.tags.setall("TIT2", [TIT2(3, title)])
        else:
            song["Title" if suffix == ".wma" else "title"] = title
        song.save()
    names[0].rename(tmp_path / "aside")
    names[1].rename(names[0])
    (tmp_path / "aside").rename(names[1])
    shelf.undo()
    assert [genres(path) for path in names] == [("Waltz",), ("Polka",)]
