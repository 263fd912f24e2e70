"""What was written can be put back, file by file, and the undo as well."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.wavpack import WavPack

from audiotag.errors import AudiotagError, TagReadError, TagWriteError
from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.journal import Journal
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.undo import AS_BEFORE, CHANGED_SINCE, GONE, find_run, plan_undo, undo
from tests.helpers.tracks import MODEL
from tests.tags.cases import Case
from tests.tags.dressing import id3v1_block, others_by_mutagen, write_genres
from tests.tags.runs import NEWER, REPLACE, predict, put_back, tag

AudioFile = Callable[..., Path]


def edited(path: Path) -> None:
    """Another program gives it another title."""
    audio = WavPack(path)
    audio["Title"] = ["Edited"]
    audio.save()


class TestUndo:
    @pytest.mark.parametrize("has_items", [True, False])
    def test_where_the_old_place_is_gone_the_genre_comes_back_where_all_look(
        self, has_items: bool, store: Store, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        """A program that writes APEv2 drops the ID3v1 block, in which alone the genre stood."""
        path = tmp_path / "song.wv"
        bare = audio_file(".wv").read_bytes().partition(b"APETAGEX")[0]
        path.write_bytes(bare)
        if has_items:
            edited(path)
        path.write_bytes(path.read_bytes() + id3v1_block())
        assert read_tags(path).genres == ("Rock",)
        predict(store, path, 0)
        tag(store)
        edited(path)
        assert not path.read_bytes()[-128:].startswith(b"TAG")
        (planned,) = put_back(store)
        assert (planned.new, read_tags(path).stored) == (("Rock",), ("Rock",))

    def test_the_library_knows_the_file_afterwards(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        put_back(store)
        (seen,) = store.tracks([os.fsencode(song)])
        assert (seen.size, seen.mtime_ns) == (song.stat().st_size, song.stat().st_mtime_ns)

    def test_an_undo_can_be_undone_and_that_too(self, store: Store, song: Path) -> None:
        old = song.read_bytes()
        predict(store, song)
        tag(store)
        new = song.read_bytes()
        put_back(store)
        assert song.read_bytes() == old
        put_back(store, 2)
        assert song.read_bytes() == new
        put_back(store, 3)
        assert song.read_bytes() == old
        runs = Journal(store).runs()
        assert [(run.kind, run.undo_of, run.written) for run in runs] == [
            ("tag", None, 1), ("undo", 1, 1), ("undo", 2, 1), ("undo", 3, 1),
        ]  # fmt: skip

    def test_a_second_undo_finds_all_as_before(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        put_back(store)
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", AS_BEFORE)
        assert len(Journal(store).runs()) == 2, "a run that writes nothing leaves no trace"

    def test_a_genre_that_was_changed_since_is_left_alone(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        write_genres(song, ("Polka",))
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", CHANGED_SINCE)
        assert read_tags(song).genres == ("Polka",)

    def test_a_genre_that_the_user_chose_after_an_undo_is_left_alone(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        put_back(store)
        write_genres(song, ("Rock",))  # what audiotag had written
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", CHANGED_SINCE)
        assert read_tags(song).genres == ("Rock",)

    def test_an_older_run_is_undone_after_a_later_one(self, store: Store, song: Path) -> None:
        old = song.read_bytes()
        for best, model in ((2, MODEL), (1, NEWER)):
            predict(store, song, best, model)
            tag(store)
        put_back(store, 2)
        put_back(store, 1)
        assert song.read_bytes() == old

    def test_a_change_between_plan_and_undo_is_noticed(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        run = find_run(store, None, [])
        assert run is not None
        (planned,) = plan_undo(store, run, [])
        write_genres(song, ("Polka",))
        with (
            WritingSession(store, "undo") as session,
            pytest.raises(TagWriteError, match="changed meanwhile"),
        ):
            undo(session, planned, WriteOptions())
        assert read_tags(song).genres == ("Polka",)

    def test_other_tags_that_were_changed_since_stay(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        data = song.read_bytes()
        assert data.count(b"A title") == 1
        song.write_bytes(data.replace(b"A title", b"New one"))
        others = others_by_mutagen(song)
        put_back(store)
        assert (read_tags(song).genres, read_tags(song).title) == (("Folk",), "New one")
        assert others_by_mutagen(song) == others

    def test_a_file_that_is_gone_is_said_so(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        song.unlink()
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", GONE)

    def test_a_file_that_cannot_be_read_any_more_fails(
        self, store: Store, song: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As one that nobody may open: not even its bytes tell what it is."""
        predict(store, song)
        tag(store)
        song.write_text("no audio")
        monkeypatch.setattr("audiotag.tags.whereabouts.fingerprint", lambda _path: None)
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", "failed")
        assert str(song) in str(planned.fault)

    def test_a_file_whose_sound_cannot_be_read_to_its_end_fails(
        self, store: Store, song: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_arguments: object) -> None:
            raise TagReadError(f"{song}: Input/output error")

        predict(store, song)
        tag(store)
        song.write_bytes(song.read_bytes().replace(b"A title", b"New one"))
        monkeypatch.setattr("audiotag.tags.undo.is_same_sound", fail)
        (planned,) = put_back(store)
        assert (planned.reason, str(planned.fault)) == ("failed", f"{song}: Input/output error")
        assert read_tags(song).genres == ("Rock",)

    def test_where_only_our_own_fields_were_written_the_genre_does_not_tell(
        self, store: Store, song: Path
    ) -> None:
        predict(store, song)
        tag(store)
        tag(store, replace(REPLACE, provenance=True))
        assert put_back(store, 2)[0].action == "write"
        assert put_back(store, 2)[0].reason == AS_BEFORE
        assert read_tags(song).genres == ("Rock",)

    def test_runs_and_folders(self, store: Store, song: Path, audio_file: AudioFile) -> None:
        (song.parent / "b").mkdir()
        other = Case(".flac", None, "full").make(song.parent / "b" / "other.flac", audio_file)
        predict(store, song)
        predict(store, other)
        tag(store, under=(os.fsencode(song),))
        tag(store, under=(os.fsencode(other),))
        # By folder: the last run that wrote there, which is not the last of all.
        (planned,) = put_back(store, under=(os.fsencode(song),))
        assert (planned.write.run, read_tags(song).genres) == (1, ("Folk",))
        assert read_tags(other).genres == ("Rock",)
        assert put_back(store, 2, (os.fsencode(song.parent / "nothing"),)) == []
        put_back(store, 2, (os.fsencode(song.parent / "b"),))
        assert read_tags(other).genres == ("Folk",)

    def test_there_may_be_nothing_to_undo(self, store: Store) -> None:
        assert find_run(store, None, []) is None
        with pytest.raises(AudiotagError, match="no run 7"):
            find_run(store, 7, [])

    def test_failures_are_in_the_journal(self, store: Store, song: Path, tmp_path: Path) -> None:
        os.link(song, tmp_path / "other.mp3")
        predict(store, song)
        with pytest.raises(TagWriteError, match="hard links"):
            tag(store)
        (run,) = Journal(store).runs()
        assert (run.written, run.failed, run.finished_at is not None) == (0, 1, True)
        assert find_run(store, None, []) is None
