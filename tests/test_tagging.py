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
from audiotag.tagging import CHANGED_SINCE, Planned, TagOptions, plan
from audiotag.tagging import write as carry_out
from audiotag.tags.formats import read_tags
from audiotag.tags.policy import Policy, Rules
from audiotag.tags.session import WritingSession
from audiotag.tags.writer import WriteResult
from tests.tags.dressing import write_genres
from tests.tracks import failed, track

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
    brave = TagOptions(Rules(Policy.FILL, min_confidence=0.35), own_threshold=True)
    assert planned(store, brave).decision.action == "write"


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
    options = TagOptions(rules, own_threshold=True, id3_version=3)
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
    assert (planned(store).decision.reason, planned(store).fault) == ("no prediction", None)


def test_tags_that_cannot_be_read_are_a_fault_of_that_file(store: Store, tmp_path: Path) -> None:
    bad = tmp_path / "bad.flac"
    bad.write_bytes(np.random.default_rng(0).bytes(2_000))
    store.put(heard(bad, [1.0, 0.0, 0.0]))
    one = planned(store)
    assert one.fault is not None
    assert "bad.flac" in str(one.fault)
    assert one.decision.action == "keep"
