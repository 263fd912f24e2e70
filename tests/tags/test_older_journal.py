"""Journals from before writes kept a sound: what the library still knows is taken from it, else care is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from audiotag.library.migrate import migrate
from audiotag.library.schema import MIGRATIONS
from audiotag.tags.whereabouts import UNSURE
from tests.helpers.shelf import (
    Shelf,
    make_song,
    retitle,
)
from tests.tags.dressing import write_genres


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

    def test_a_file_as_it_was_left_is_known_without_a_fingerprint(self, shelf: Shelf) -> None:
        age(shelf, fingerprints=False)
        assert shelf.plan("a.wav").decision.reason == "already so"

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
            # A model had one threshold for all of its genres then.
            values = names.replace("threshold", "json_extract(thresholds, '$[0]')")
            db.execute(f"INSERT INTO main.{table} ({names}) SELECT {values} FROM present.{table}")
        if not fingerprints:
            db.execute("UPDATE main.tracks SET fingerprint = NULL")
    for suffix in ("", "-wal", "-shm"):
        shelf.db.with_name(shelf.db.name + suffix).unlink(missing_ok=True)
    old.rename(shelf.db)
