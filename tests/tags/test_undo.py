"""What was written can be put back: byte for byte, file by file, and the undo as well."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.wavpack import WavPack

from audiotag.errors import AudiotagError, TagWriteError
from audiotag.library.records import StoredModel, Track
from audiotag.library.store import Store
from audiotag.tags.change import MODEL_TEXT, OWN_TEXTS
from audiotag.tags.formats.read import read_tags
from audiotag.tags.plan import Planned, TagOptions, plan
from audiotag.tags.plan import write as write_planned
from audiotag.tags.policy import Policy, Rules
from audiotag.tags.safewrite.journal import Journal
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.safewrite.write import WriteOptions
from audiotag.tags.undo import AS_BEFORE, CHANGED_SINCE, GONE, PlannedUndo, find_run, plan_undo, undo
from tests.helpers.music import songs
from tests.helpers.tracks import MODEL, track
from tests.tags.cases import Case, cases
from tests.tags.dressing import id3v1_block, others_by_mutagen, write_genres

AudioFile = Callable[..., Path]
REPLACE = TagOptions(Rules(Policy.REPLACE))
FILL = TagOptions(Rules(Policy.FILL))
NEWER = StoredModel("newer-2", MODEL.genres, MODEL.thresholds)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "library.db", write=True) as opened:
        yield opened


@pytest.fixture
def song(tmp_path: Path, audio_file: AudioFile) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return Case(".mp3", None, "full").make(folder / "song.mp3", audio_file)


def hear(store: Store, path: Path, best: int = 2, model: StoredModel = MODEL) -> None:
    """Let the library believe that it heard genre number `best` in this file."""
    info = path.stat()
    probabilities = [0.9 if i == best else 0.05 for i in range(3)]
    heard: Track = replace(
        track(os.fsencode(path), probabilities, model), size=info.st_size, mtime_ns=info.st_mtime_ns
    )
    store.put(heard)


def tag(store: Store, options: TagOptions = REPLACE, under: tuple[bytes, ...] = ()) -> list[Planned]:
    """One run of `tag --write`."""
    with WritingSession(store, "tag") as session:
        planned = list(plan(store, under, options))
        for one in planned:
            if one.decision.action == "write":
                write_planned(session, one, options)
    return planned


def edited(path: Path) -> None:
    """Another program gives it another title."""
    audio = WavPack(path)
    audio["Title"] = ["Edited"]
    audio.save()


def put_back(store: Store, number: int | None = None, under: tuple[bytes, ...] = ()) -> list[PlannedUndo]:
    """One run of `undo`."""
    run = find_run(store, number, under)
    assert run is not None
    with WritingSession(store, "undo", run.id) as session:
        planned = list(plan_undo(store, run, under))
        for one in planned:
            if one.action == "write":
                undo(session, one, WriteOptions())
    return planned


class TestOwnership:
    """What audiotag wrote, it may update; what the user changed is the user's."""

    def test_a_newer_model_updates_an_own_genre(self, store: Store, song: Path) -> None:
        write_genres(song, ())
        hear(store, song, 2)
        tag(store, FILL)
        hear(store, song, 0, NEWER)
        (planned,) = tag(store, FILL)
        assert planned.decision.reason == "own genre, updated"
        assert read_tags(song).genres == ("Folk",)

    def test_a_genre_that_was_edited_since_stays(self, store: Store, song: Path) -> None:
        write_genres(song, ())
        hear(store, song, 2)
        tag(store, FILL)
        write_genres(song, ("Polka",))
        hear(store, song, 0, NEWER)
        (planned,) = tag(store, FILL)
        assert planned.decision.reason == "has a genre"
        assert read_tags(song).genres == ("Polka",)

    def test_what_was_found_first_survives_updates(self, store: Store, song: Path) -> None:
        append = TagOptions(Rules(Policy.APPEND))
        for best, model, expected in ((2, MODEL, "Rock"), (1, NEWER, "Pop")):
            hear(store, song, best, model)
            tag(store, append)
            assert read_tags(song).genres == ("Folk", expected)

    def test_after_an_undo_the_genre_is_the_user_s_again(self, store: Store, song: Path) -> None:
        hear(store, song)
        tag(store)
        put_back(store)
        (planned,) = plan(store, [], FILL)
        assert planned.decision.reason == "has a genre"

    def test_after_the_undo_of_an_update_the_first_genre_is_own(self, store: Store, song: Path) -> None:
        write_genres(song, ())
        for best, model in ((2, MODEL), (0, NEWER)):
            hear(store, song, best, model)
            tag(store, FILL)
        put_back(store)
        assert read_tags(song).genres == ("Rock",)
        (planned,) = plan(store, [], FILL)
        assert (planned.decision.action, planned.decision.reason) == ("write", "own genre, updated")


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
        hear(store, path, 0)
        tag(store)
        edited(path)
        assert not path.read_bytes()[-128:].startswith(b"TAG")
        (planned,) = put_back(store)
        assert (planned.new, read_tags(path).stored) == (("Rock",), ("Rock",))

    def test_the_library_knows_the_file_afterwards(self, store: Store, song: Path) -> None:
        hear(store, song)
        tag(store)
        put_back(store)
        (seen,) = store.tracks([os.fsencode(song)])
        assert (seen.size, seen.mtime_ns) == (song.stat().st_size, song.stat().st_mtime_ns)

    def test_an_undo_can_be_undone_and_that_too(self, store: Store, song: Path) -> None:
        old = song.read_bytes()
        hear(store, song)
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
        hear(store, song)
        tag(store)
        put_back(store)
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", AS_BEFORE)
        assert len(Journal(store).runs()) == 2, "a run that writes nothing leaves no trace"

    def test_a_genre_that_was_changed_since_is_left_alone(self, store: Store, song: Path) -> None:
        hear(store, song)
        tag(store)
        write_genres(song, ("Polka",))
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", CHANGED_SINCE)
        assert read_tags(song).genres == ("Polka",)

    def test_a_genre_that_the_user_chose_after_an_undo_is_left_alone(self, store: Store, song: Path) -> None:
        hear(store, song)
        tag(store)
        put_back(store)
        write_genres(song, ("Rock",))  # what audiotag had written
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", CHANGED_SINCE)
        assert read_tags(song).genres == ("Rock",)

    def test_an_older_run_is_undone_after_a_later_one(self, store: Store, song: Path) -> None:
        old = song.read_bytes()
        for best, model in ((2, MODEL), (1, NEWER)):
            hear(store, song, best, model)
            tag(store)
        put_back(store, 2)
        put_back(store, 1)
        assert song.read_bytes() == old

    def test_a_change_between_plan_and_undo_is_noticed(self, store: Store, song: Path) -> None:
        hear(store, song)
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
        hear(store, song)
        tag(store)
        data = song.read_bytes()
        assert data.count(b"A title") == 1
        song.write_bytes(data.replace(b"A title", b"New one"))
        others = others_by_mutagen(song)
        put_back(store)
        assert (read_tags(song).genres, read_tags(song).title) == (("Folk",), "New one")
        assert others_by_mutagen(song) == others

    def test_a_file_that_is_gone_is_said_so(self, store: Store, song: Path) -> None:
        hear(store, song)
        tag(store)
        song.unlink()
        (planned,) = put_back(store)
        assert (planned.action, planned.reason) == ("keep", GONE)

    def test_runs_and_folders(self, store: Store, song: Path, audio_file: AudioFile) -> None:
        (song.parent / "b").mkdir()
        other = Case(".flac", None, "full").make(song.parent / "b" / "other.flac", audio_file)
        hear(store, song)
        hear(store, other)
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
        hear(store, song)
        with pytest.raises(TagWriteError, match="hard links"):
            tag(store)
        (run,) = Journal(store).runs()
        assert (run.written, run.failed, run.finished_at is not None) == (0, 1, True)
        assert find_run(store, None, []) is None


class TestProvenance:
    PROVENANCE = replace(REPLACE, provenance=True)

    def test_it_comes_is_kept_true_and_goes_with_the_undo(self, store: Store, song: Path) -> None:
        old = song.read_bytes()
        hear(store, song)
        tag(store, self.PROVENANCE)
        assert read_tags(song).texts[MODEL_TEXT] == (MODEL.identity,)
        hear(store, song, 0, NEWER)
        tag(store)
        assert read_tags(song).texts[MODEL_TEXT] == (NEWER.identity,)
        put_back(store)
        assert read_tags(song).texts[MODEL_TEXT] == (MODEL.identity,)
        put_back(store, 1)
        assert (read_tags(song).texts, song.read_bytes()) == ({}, old)

    def test_it_can_be_added_to_an_own_genre_only(self, store: Store, song: Path) -> None:
        hear(store, song)
        tag(store)
        (planned,) = tag(store, self.PROVENANCE)
        assert planned.decision.reason == "provenance"
        assert set(read_tags(song).texts) == set(OWN_TEXTS)
        (planned,) = tag(store, self.PROVENANCE)
        assert planned.decision.reason == "already so"
        put_back(store)
        assert read_tags(song).texts == {}
        write_genres(song, ("Polka",))
        hear(store, song)
        (planned,) = tag(store, replace(FILL, provenance=True))
        assert (planned.decision.action, read_tags(song).texts) == ("keep", {})

    def test_an_undo_leaves_texts_that_were_changed_since(self, store: Store, song: Path) -> None:
        hear(store, song)
        tag(store, self.PROVENANCE)
        data = song.read_bytes()
        song.write_bytes(data.replace(b"made-up-1", b"made-up-9"))
        put_back(store)
        assert (read_tags(song).genres, read_tags(song).texts) == (("Folk",), {MODEL_TEXT: ("made-up-9",)})


def round_trip(path: Path, store: Store, options: TagOptions) -> str:
    """Write, undo, look; and once more with the file touched between, so that only values go back."""
    before, others, data = read_tags(path), others_by_mutagen(path), path.read_bytes()
    hear(store, path)
    tag(store, options, (os.fsencode(path),))
    assert read_tags(path).genres == ("Rock",)
    put_back(store, under=(os.fsencode(path),))
    assert path.read_bytes() == data

    hear(store, path)
    tag(store, options, (os.fsencode(path),))
    with path.open("r+b") as file:  # a file that somebody else wrote anew, the very same
        byte = file.read(1)
        file.seek(0)
        file.write(byte)
    number = find_run(store, None, [os.fsencode(path)])
    assert number is not None
    store.execute("UPDATE writes SET delta = NULL WHERE run = ?", (number.id,))
    put_back(store, under=(os.fsencode(path),))
    after = read_tags(path)
    assert (after.genres, after.texts, after.elsewhere) == (before.genres, before.texts, before.elsewhere)
    assert set(others) <= set(others_by_mutagen(path))  # a new tag had to repeat what older ones say
    assert (after.artist, after.album, after.title) == (before.artist, before.album, before.title)
    return "every byte" if path.read_bytes() == data else "every value"


OPTIONS = {
    "as found": REPLACE,
    "with provenance": replace(REPLACE, provenance=True),
}


@pytest.mark.parametrize("how", ["as found", pytest.param("with provenance", marks=pytest.mark.slow)])
def test_a_round_trip_over_every_generated_file(
    how: str, tmp_path: Path, store: Store, audio_file: AudioFile
) -> None:
    found: Counter[str] = Counter()
    for case in cases():
        path = case.make(tmp_path / f"{case.name}{case.suffix}", audio_file)
        found[round_trip(path, store, OPTIONS[how])] += 1
    print(f"{how}: {found.total()} files undone to the byte by the journal, by values alone {dict(found)}")
    assert found.total() >= 60


@pytest.mark.parametrize("version", [3, 4])
def test_a_round_trip_through_the_other_id3_version(
    version: int, tmp_path: Path, store: Store, audio_file: AudioFile
) -> None:
    options = replace(REPLACE, id3_version=version)
    for suffix in (".mp3", ".tta", ".wav", ".aiff"):
        path = Case(suffix, None, "full", 7 - version).make(tmp_path / f"a{suffix}", audio_file)
        data = path.read_bytes()
        hear(store, path)
        tag(store, options, (os.fsencode(path),))
        assert read_tags(path).id3_version == version
        put_back(store, under=(os.fsencode(path),))
        assert path.read_bytes() == data
        tag(store, options, (os.fsencode(path),))
        path.write_bytes(path.read_bytes().replace(b"A title", b"New one"))
        put_back(store, under=(os.fsencode(path),))
        tags = read_tags(path)
        assert (tags.id3_version, tags.genres, tags.title) == (7 - version, ("Folk",), "New one")


@pytest.mark.parametrize("song", songs() or [None], ids=lambda path: path.stem if path else "none")
def test_a_round_trip_over_real_songs(song: Path | None, tmp_path: Path, store: Store) -> None:
    if song is None:
        pytest.skip("needs ../shared/music, which is not here")
    copy = tmp_path / song.name
    shutil.copyfile(song, copy)
    print(f"{song.name}: by values alone {round_trip(copy, store, REPLACE)}")
