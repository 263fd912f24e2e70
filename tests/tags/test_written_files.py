"""Which of the written files a file is. What may be done to files is in tests/tags/test_moved_files.py."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.payload import sound_digest
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.journal_rows import Write, WrittenFile, node_of
from audiotag.tags.safewrite.record import Record, WriteOptions, identity
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.whereabouts import UNSURE, find_written
from audiotag.tags.written_files import WrittenFiles, the_only_way
from tests.helpers.shelf import make_song, retitle


def write(store: Store, path: Path, genre: str = "Rock") -> None:
    with WritingSession(store, "tag") as session:
        session.write(os.fsencode(path), Change((genre,)), WriteOptions(), Origin())


def owner(store: Store, path: Path) -> int | None:
    found = WrittenFiles(store).owner(os.fsencode(path), fingerprint(path))
    return None if found is None else found.number


def test_all_writes_of_a_file_are_one_file_s(store: Store, tmp_path: Path) -> None:
    song = make_song(tmp_path / "a.wav", 1)
    other = make_song(tmp_path / "b.wav", 2)
    for genre in ("Rock", "Pop"):
        write(store, song, genre)
        write(store, other, genre)
    assert (owner(store, song), owner(store, other)) == (1, 2)
    assert store.execute("SELECT file FROM writes ORDER BY id") == [(1,), (2,), (1,), (2,)]


def test_it_is_followed_by_its_state_and_its_inode(store: Store, tmp_path: Path) -> None:
    song = make_song(tmp_path / "a.wav", 1)
    write(store, song)
    song = song.rename(tmp_path / "b.wav")
    assert owner(store, song) == 1
    retitle(song, "Another title")
    assert owner(store, song) == 1
    retitle(song, "Another title", anew=True)
    assert owner(store, song) is None, "a file that nobody has seen before"


def test_of_copies_by_the_path_where_nothing_speaks_against_it(store: Store, tmp_path: Path) -> None:
    song = make_song(tmp_path / "a.wav", 1)
    write(store, song)
    copy = Path(shutil.copyfile(song, tmp_path / "copy.wav"))
    retitle(song, "Another title", anew=True)
    assert (owner(store, song), owner(store, copy)) == (1, None)


def test_an_inode_that_another_written_file_has_now_is_no_trace(store: Store, tmp_path: Path) -> None:
    """A disk gives the number of a file that is gone to a new one: here b's to a's last copy."""
    song, other = make_song(tmp_path / "a.wav", 1), make_song(tmp_path / "b.wav", 1)
    write(store, song)
    write(store, other)
    os.replace(shutil.copy2(other, tmp_path / "back.wav"), other)
    reused = node_of(identity(song.stat()))
    store.execute("UPDATE writes SET after = ? WHERE id = 2", (f"{reused}:{other.stat().st_size}:1",))
    assert (owner(store, song), owner(store, other)) == (1, 2)


def test_another_sound_is_another_file(store: Store, tmp_path: Path) -> None:
    song = make_song(tmp_path / "a.wav", 1)
    write(store, song)
    make_song(song, 2, "Rock")
    assert owner(store, song) is None


class TestWithoutAFingerprint:
    """A write of a file whose structure hid its sound, or of an older audiotag."""

    def written(self, store: Store, song: Path, delta: bytes | None, payload: bytes | None) -> Write:
        journal = Journal(store)
        record = Record("1:2:3:4", "1:5:6:7", {"genre": ()}, {"genre": ("Rock",)}, delta, None, payload)
        number = journal.plan(journal.begin("tag"), os.fsencode(song), record, Origin())
        (made,) = journal.these([number])
        return made

    def test_all_of_its_sound_tells(self, store: Store, tmp_path: Path) -> None:
        song, other = make_song(tmp_path / "a.wav", 1), make_song(tmp_path / "b.wav", 2)
        write = self.written(store, song, None, sound_digest(song))
        assert WrittenFiles(store).is_as_left(os.fsencode(song), write)
        assert not WrittenFiles(store).is_as_left(os.fsencode(other), write)

    def test_where_nothing_tells_it_is_another(self, store: Store, tmp_path: Path) -> None:
        song = make_song(tmp_path / "a.wav", 1)
        write = self.written(store, song, None, None)
        assert not WrittenFiles(store).is_as_left(os.fsencode(song), write)

    def test_what_cannot_be_read_any_more_cannot_tell(self, store: Store, tmp_path: Path) -> None:
        song = make_song(tmp_path / "a.wav", 1)
        write = self.written(store, song, None, sound_digest(song))
        song.write_text("no audio")
        assert [place.reason for place in find_written(store, write.run, [])] == [UNSURE]


class TestFollowing:
    """What a scan does when it comes upon a file."""

    def follow(self, store: Store, path: Path) -> bytes:
        sound = fingerprint(path)
        assert sound is not None
        WrittenFiles(store).follow(os.fsencode(path), sound)
        (file,) = Journal(store).written_files(sound)
        return file.path

    def test_one_that_came_where_it_was_not(self, store: Store, tmp_path: Path) -> None:
        song = make_song(tmp_path / "a.wav", 1)
        write(store, song)
        moved = song.rename(tmp_path / "b.wav")
        retitle(moved, "Another title", anew=True)
        assert self.follow(store, moved) == os.fsencode(moved)
        assert owner(store, moved) == 1

    def test_a_copy_takes_nothing_along(self, store: Store, tmp_path: Path) -> None:
        song = make_song(tmp_path / "a.wav", 1)
        write(store, song)
        copy = Path(shutil.copyfile(song, tmp_path / "copy.wav"))
        assert self.follow(store, copy) == os.fsencode(song)


def file(number: int, path: bytes) -> WrittenFile:
    return WrittenFile(number, path, "1:2:3:4", number)


def test_where_a_lost_file_can_only_have_gone() -> None:
    one, other = file(1, b"/x/a"), file(2, b"/x/b")
    assert the_only_way(one, [one], [b"/y/c"]) == b"/y/c"
    assert the_only_way(one, [one], [b"/y/c"], by_name=True) is None
    assert the_only_way(one, [one, other], [b"/y/b", b"/y/a"]) == b"/y/a"
    assert the_only_way(one, [one, other], [b"/y/c"]) is None
    assert the_only_way(one, [one, file(3, b"/z/a")], [b"/y/a"]) is None
    assert the_only_way(one, [other], [b"/y/c"]) is None
