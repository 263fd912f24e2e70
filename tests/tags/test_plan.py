"""From predictions to genres in files, in every container."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mutagen
import numpy as np
import pytest

from audiotag.errors import TagWriteError
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.tags import plan as tagging
from audiotag.tags.formats.read import TrackTags, read_tags
from audiotag.tags.known import look, state_of
from audiotag.tags.plan import CHANGED_SINCE, Planned, TagOptions, plan
from audiotag.tags.plan import write as carry_out
from audiotag.tags.policy import Policy, Rules
from audiotag.tags.safewrite.record import WriteResult
from audiotag.tags.safewrite.session import WritingSession
from tests.helpers.tracks import failed, track
from tests.tags.dressing import write_genres

AudioFile = Callable[..., Path]
FILL = TagOptions(Rules(Policy.FILL))


@pytest.fixture
def song(tmp_path: Path, audio_file: AudioFile) -> Path:
    return Path(shutil.copyfile(audio_file(".mp3"), tmp_path / "song.mp3"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "library.db", write=True)


def heard(path: Path, probabilities: list[float]) -> Track:
    """A row for the file as it is now."""
    info = path.stat()
    return replace(track(os.fsencode(path), probabilities), size=info.st_size, mtime_ns=info.st_mtime_ns)


def write(store: Store, plan_of_then: Planned, options: TagOptions = FILL) -> WriteResult:
    """Carry out a plan in a run of its own."""
    with WritingSession(store, "tag") as session:
        return carry_out(session, plan_of_then, options)


def planned(store: Store, options: TagOptions = FILL) -> Planned:
    (only,) = plan(store, [], options)
    return only


def test_a_likely_genre_is_planned_for_a_file_without_one(store: Store, song: Path) -> None:
    store.put(heard(song, [0.1, 0.2, 0.7]))
    decision = planned(store).decision
    assert (decision.action, decision.old, decision.new) == ("write", (), ("Rock",))
    assert decision.confidence == pytest.approx(0.7)


def test_the_threshold_is_that_of_the_model_or_the_user_s(store: Store, song: Path) -> None:
    store.put(heard(song, [0.3, 0.3, 0.4]))
    assert "below threshold 0.40 < 0.50" in planned(store).decision.reason
    brave = TagOptions(Rules(Policy.FILL, min_confidence=0.35))
    assert planned(store, brave).decision.action == "write"


def test_a_file_whose_name_a_folder_has_now_is_gone(store: Store, song: Path) -> None:
    store.put(heard(song, [0.0, 0.0, 1.0]))
    song.unlink()
    song.mkdir()
    assert list(plan(store, [], FILL)) == []


def test_a_genre_that_is_there_is_kept(store: Store, song: Path) -> None:
    write_genres(song, ("Polka",))
    store.put(heard(song, [0.0, 0.0, 1.0]))
    decision = planned(store).decision
    assert (decision.action, decision.old, decision.reason) == ("keep", ("Polka",), "has a genre")


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".aiff", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wv"])
def test_it_is_written_and_read_back(
    suffix: str, store: Store, tmp_path: Path, audio_file: AudioFile
) -> None:
    song = Path(shutil.copyfile(audio_file(suffix), tmp_path / f"song{suffix}"))
    store.put(heard(song, [0.9, 0.05, 0.05]))
    result = write(store, planned(store))
    assert result.changed
    assert read_tags(song).genres == ("Folk",)
    assert mutagen.File(song).tags is not None
    assert planned(store).decision.reason == "already so"


def test_the_library_knows_a_file_that_it_wrote(store: Store, song: Path) -> None:
    store.put(heard(song, [0.9, 0.05, 0.05]))
    write(store, planned(store))
    (seen,) = store.tracks([os.fsencode(song)])
    assert (seen.size, seen.mtime_ns) == (song.stat().st_size, song.stat().st_mtime_ns)


def test_a_file_that_changed_since_the_scan_is_left_alone(store: Store, song: Path) -> None:
    store.put(heard(song, [0.9, 0.05, 0.05]))
    os.utime(song, ns=(1, 1))
    decision = planned(store).decision
    assert (decision.action, decision.reason) == ("keep", CHANGED_SINCE)


def test_a_file_that_was_tagged_after_the_plan_is_not_written(store: Store, song: Path) -> None:
    store.put(heard(song, [0.9, 0.05, 0.05]))
    plan_of_then = planned(store)
    write_genres(song, ("Polka",))
    with pytest.raises(TagWriteError, match="changed meanwhile"):
        write(store, plan_of_then)
    assert read_tags(song).genres == ("Polka",)


def test_planning_opens_nothing_for_writing(store: Store, song: Path) -> None:
    before = song.read_bytes(), song.stat()
    store.put(heard(song, [0.9, 0.05, 0.05]))
    planned(store)
    assert (song.read_bytes(), song.stat()[:9]) == (before[0], before[1][:9])
    assert sorted(os.listdir(song.parent)) == sorted(["song.mp3", *_library_files(song.parent)])


def _library_files(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith("library.db")]


@pytest.mark.parametrize("policy", Policy)
def test_a_slash_in_a_genre_is_written_once_into_id3v2_3(policy: Policy, store: Store, song: Path) -> None:
    rules = Rules(policy, top=2, min_confidence=0.1, genre_map={"rock": ("Old-Time / Historic",)})
    options = TagOptions(rules, id3_version=3)
    store.put(heard(song, [0.3, 0.0, 0.7]))
    write(store, planned(store, options), options)
    assert read_tags(song).genres == ("Old-Time", "Historic", "Folk")
    assert planned(store, options).decision.reason == "already so"


def test_files_without_a_prediction_or_gone_get_nothing(store: Store, song: Path, tmp_path: Path) -> None:
    store.put(heard(tmp_path / "song.mp3", [1.0, 0.0, 0.0]))
    store.put(track(b"/nowhere/gone.mp3", [1.0, 0.0, 0.0]))
    assert [one.path for one in plan(store, [], FILL)] == [os.fsencode(song)]
    bad = tmp_path / "song.mp3"
    bad.write_text("it failed in the scan, and its tags cannot be read either")
    store.put(failed(os.fsencode(bad)))
    one = planned(store)
    assert (one.decision.reason, one.fault, one.genre_known) == ("no prediction", None, False)


def test_tags_that_cannot_be_read_are_a_fault_of_that_file(store: Store, tmp_path: Path) -> None:
    bad = tmp_path / "bad.flac"
    bad.write_bytes(np.random.default_rng(0).bytes(2_000))
    store.put(heard(bad, [1.0, 0.0, 0.0]))
    one = planned(store)
    assert one.fault is not None
    assert "bad.flac" in str(one.fault)
    assert one.decision.action == "keep"


class TestWhatTheLibraryKnows:
    """The scan has read the tags: an unchanged file is looked at, and not opened."""

    @pytest.fixture
    def known(self, store: Store, song: Path) -> Path:
        """A file that has a genre, in a library that knows it."""
        write_genres(song, ("Polka",))
        self.learn(store, song)
        return song

    def learn(self, store: Store, song: Path) -> None:
        row = heard(song, [0.9, 0.05, 0.05])
        store.put(replace(row, info=replace(row.info, tags=look(song)[1])))

    def test_an_unchanged_file_is_not_opened(
        self, store: Store, known: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = opened_for_reading(monkeypatch)
        one = planned(store)
        assert (one.decision.old, one.decision.reason, one.stored) == (("Polka",), "has a genre", ("Polka",))
        assert opened == []

    @pytest.mark.parametrize("will_write", [False, True])
    def test_a_changed_file_is_read_and_learnt_when_the_library_may_be_written(
        self, will_write: bool, store: Store, known: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        times = known.stat().st_mtime_ns
        write_genres(known, ("Tango",))
        os.utime(known, ns=(times, times))  # its size is the same as well
        (one,) = plan(store, [], FILL, will_write)
        assert one.decision.old == ("Tango",)
        opened = opened_for_reading(monkeypatch)
        assert planned(store).decision.old == ("Tango",)
        assert opened == ([] if will_write else [os.fsencode(known)])

    def test_a_library_from_before_learns_when_it_is_written(
        self, store: Store, song: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_genres(song, ("Polka",))
        store.put(heard(song, [0.9, 0.05, 0.05]))
        list(plan(store, [], FILL, will_write=True))
        opened = opened_for_reading(monkeypatch)
        assert planned(store).decision.old == ("Polka",)
        assert opened == []

    def test_after_a_write_the_next_plan_is_right_and_opens_nothing(
        self, store: Store, song: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.learn(store, song)
        options = replace(FILL, provenance=True)
        write(store, planned(store, options), options)
        opened = opened_for_reading(monkeypatch)
        again = planned(store, options)
        assert (again.decision.old, again.decision.reason) == (("Folk",), "already so")
        assert opened == []

    def test_a_write_that_was_refused_has_the_next_plan_read(self, store: Store, song: Path) -> None:
        """Where a file system shows no change, the genre in the library may not be the file's."""
        self.learn(store, song)
        write_genres(song, ("Tango",))
        (row,) = store.tracks([os.fsencode(song)])
        assert row.info.tags is not None
        info = song.stat()
        stale = replace(row.info.tags, state=state_of(info))
        size, time = info.st_size, info.st_mtime_ns
        store.put(replace(row, size=size, mtime_ns=time, info=replace(row.info, tags=stale)))
        with pytest.raises(TagWriteError, match="changed meanwhile"):
            write(store, planned(store))
        assert planned(store).decision.old == ("Tango",)


def opened_for_reading(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Paths whose tags are read from now on."""
    opened: list[bytes] = []

    def read(path: bytes) -> TrackTags:
        opened.append(path)
        return read_tags(path)

    monkeypatch.setattr(tagging, "read_tags", read)
    return opened


@pytest.mark.parametrize("kind", ["decode", "too-short", "timeout"])
def test_a_file_without_a_prediction_is_shown_with_the_genre_that_it_has(
    kind: str, store: Store, song: Path
) -> None:
    write_genres(song, ("Polka",))
    row = failed(os.fsencode(song), kind, "2.0 s of sound")
    store.put(replace(row, info=replace(row.info, tags=look(song)[1])))
    one = planned(store)
    assert (one.decision.old, one.decision.reason, one.detail) == (
        ("Polka",), "no prediction", "2.0 s of sound",
    )  # fmt: skip


def test_what_nobody_knows_of_a_file_that_may_hang_is_not_made_up(store: Store, song: Path) -> None:
    write_genres(song, ("Polka",))
    store.put(failed(os.fsencode(song), "timeout", "took longer than 600 s"))
    assert not planned(store).genre_known
    store.put(failed(os.fsencode(song), "decode", "no audio in it"))
    assert (planned(store).genre_known, planned(store).decision.old) == (True, ("Polka",))


def test_a_plan_knows_beforehand_what_will_be_refused(store: Store, song: Path) -> None:
    store.put(heard(song, [0.9, 0.05, 0.05]))
    os.link(song, song.with_name("other.mp3"))
    one = planned(store)
    assert (one.decision.action, "2 hard links" in str(one.fault)) == ("write", True)
    assert planned(store, replace(FILL, break_hardlinks=True)).fault is None


def test_a_link_that_leads_nowhere_is_a_fault_of_that_file(store: Store, song: Path) -> None:
    store.put(heard(song, [0.9, 0.05, 0.05]))
    song.unlink()
    song.symlink_to("nowhere.mp3")
    one = planned(store)
    assert (one.decision.reason, str(one.fault)) == ("failed", f"{song}: No such file or directory")


def test_what_was_read_is_learnt_a_page_at_a_time(
    store: Store, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagging, "_PAGE", 1)
    store.put(heard(song, [0.9, 0.05, 0.05]))
    plans = plan(store, [], FILL, will_write=True)
    next(plans)
    (seen,) = store.tracks([os.fsencode(song)])
    assert seen.info.tags is not None, "not only at the end"
    assert list(plans) == []
