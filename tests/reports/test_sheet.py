"""All that is known of one file, whatever became of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mutagen.flac import FLAC

from audiotag.audio.child import DecodeLimits
from audiotag.errors import AudiotagError
from audiotag.library.records import StoredModel
from audiotag.library.store import Store
from audiotag.model.card import ModelCard, load_card
from audiotag.pipeline.over_time import hear_over_time
from audiotag.pipeline.predict import PredictOptions
from audiotag.reports.json import json_line
from audiotag.reports.sheet import Look, Sheet, sheet_of
from audiotag.reports.sheet_json import sheet_object
from audiotag.tags.formats.sound import fingerprint
from tests.helpers.models import MadeModel
from tests.helpers.sound_alikes import made_tracks
from tests.helpers.tracks import failed, track
from tests.tags.runs import REPLACE, tag

See = Callable[..., Sheet]


@pytest.fixture
def card(made_model: MadeModel) -> ModelCard:
    return load_card(str(made_model.card_file))


@pytest.fixture
def song(music: Path, store: Store, card: ModelCard) -> Path:
    """One that the library knows as a scan leaves it, with the model that listens."""
    path = music / "two.flac"
    info = path.stat()
    model = StoredModel(card.identity, card.genres, card.thresholds)
    row = replace(
        track(os.fsencode(path), [0.1, 0.2, 0.7], model),
        size=info.st_size, mtime_ns=info.st_mtime_ns, fingerprint=fingerprint(path),
        embedding=np.ones(16, np.float32),
    )  # fmt: skip
    store.put(row)
    return path


@pytest.fixture
def see(store: Store, card: ModelCard) -> See:
    def look_at(path: Path | bytes, listen: bool = False) -> Sheet:
        options = PredictOptions(None, 1, 4, "onnx", DecodeLimits())
        return sheet_of(store, os.fsencode(path), Look(card, options, REPLACE, listen))

    return look_at


def as_json(sheet: Sheet, card: ModelCard) -> dict[str, object]:
    """As a program reads it: one line."""
    line = json_line(sheet_object(sheet, card))
    assert len(line.splitlines()) == 1
    read = json.loads(line)
    assert isinstance(read, dict)
    return read


class TestTheFile:
    def test_unchanged(self, song: Path, see: See, card: ModelCard) -> None:
        sheet = see(song)
        assert (sheet.in_library, sheet.state, sheet.why_not_heard) == (True, "unchanged", "nobody asked to")
        found = as_json(sheet, card)
        assert (found["status"], found["model"], found["windows_heard"]) == ("ok", card.identity, 3)
        assert found["genres"] == [
            {"genre": "Rock", "probability": 0.7, "threshold": 0.5, "reaches": True},
            {"genre": "Pop", "probability": 0.2, "threshold": 0.5, "reaches": False},
            {"genre": "Folk", "probability": 0.1, "threshold": 0.5, "reaches": False},
        ]
        assert found["file_tags"] == {
            "container": "flac", "genres": [], "artist": "", "album": "", "title": "", "year": None,
            "fault": None,
        }  # fmt: skip
        assert found["tag"] == {
            "action": "write", "old": [], "new": ["Rock"], "reason": "replace", "error": None,
        }  # fmt: skip
        assert found["windows"] == []

    def test_tagged_by_another_program(self, song: Path, see: See) -> None:
        tagged = FLAC(song)
        tagged["genre"] = ["Jazz"]
        tagged.save()
        sheet = see(song)
        assert sheet.state == "retagged"
        assert sheet.tags is not None
        assert sheet.tags.genres == ("Jazz",)
        assert sheet.planned is not None
        assert sheet.planned.decision.reason == "changed since it was scanned; scan again"

    def test_another_sound_in_its_place(self, song: Path, music: Path, see: See) -> None:
        os.replace(music / "one.mp3", song)
        assert see(song).state == "changed"

    def test_gone(self, song: Path, see: See, card: ModelCard) -> None:
        song.unlink()
        sheet = see(song, listen=True)
        assert (sheet.state, sheet.tags, sheet.planned, sheet.heard) == ("gone", None, None, None)
        found = as_json(sheet, card)
        assert (found["file"], found["heard"]) == (
            "gone", {"model": None, "error_kind": None, "error": "it is not there"},
        )  # fmt: skip

    def test_tags_that_cannot_be_read(self, song: Path, see: See) -> None:
        song.write_bytes(b"no flac")
        sheet = see(song)
        assert sheet.tags is not None
        assert "two.flac" in sheet.tags.fault

    def test_its_journal(self, song: Path, store: Store, see: See, card: ModelCard) -> None:
        tag(store)
        journal = as_json(see(song), card)["journal"]
        assert isinstance(journal, list)
        (write,) = journal
        assert (write["run"], write["kind"], write["old"], write["new"]) == (1, "tag", [], ["Rock"])
        assert write["path"] == str(song)

    @pytest.mark.parametrize(("name", "why"), [("none.mp3", "no such file, nor is it"), ("", "is no file")])
    def test_what_is_neither_a_file_nor_known(self, name: str, why: str, music: Path, see: See) -> None:
        with pytest.raises(AudiotagError, match=why):
            see(music / name)


class TestHeardAgain:
    @pytest.fixture
    def heard_as(self, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
        """Which files are listened to."""
        asked: list[bytes] = []

        def hear(job, card, options):  # type: ignore[no-untyped-def]
            asked.append(job.found.path)
            return hear_over_time(job, card, options)

        monkeypatch.setattr("audiotag.reports.sheet.hear_over_time", hear)
        return asked

    def test_each_window_has_its_second_and_its_genres(self, song: Path, see: See, card: ModelCard) -> None:
        found = as_json(see(song, listen=True), card)
        assert found["heard"] == {
            "model": card.identity, "error_kind": None, "error": None,
            "seconds": 4.0, "window_seconds": round(card.frontend.window_seconds, 3),
        }  # fmt: skip
        windows = found["windows"]
        assert isinstance(windows, list)
        assert [window["start"] for window in windows] == [0.0, 1.21, 2.41]
        assert list(windows[0]["probabilities"]) == list(card.genres)

    def test_one_that_is_not_in_the_library_is_heard_and_not_stored(
        self, music: Path, store: Store, song: Path, see: See, card: ModelCard
    ) -> None:
        sheet = see(music / "one.mp3", listen=True)
        assert (sheet.state, sheet.in_library, sheet.planned) == ("new", False, None)
        assert sheet.track is not None
        assert (sheet.track.status, len(sheet.track.judged())) == ("ok", 3)
        assert sheet.tags is not None
        assert sheet.tags.container == "mp3"
        assert [near.track.path for near in sheet.neighbours] == [os.fsencode(song)]
        assert list(store.paths()) == [os.fsencode(song)]
        assert as_json(sheet, card)["in_library"] is False

    def test_what_cannot_be_decoded_now_is_shown_as_such_and_the_rest_all_the_same(
        self, song: Path, store: Store, see: See, card: ModelCard
    ) -> None:
        song.write_bytes(song.read_bytes()[:200])
        sheet = see(song, listen=True)
        assert sheet.heard is not None
        assert sheet.heard.fault is not None
        found = as_json(sheet, card)
        assert found["heard"] == {
            "model": None, "error_kind": sheet.heard.fault[0], "error": sheet.heard.fault[1],
        }  # fmt: skip
        assert found["genres"]

    @pytest.mark.parametrize(("kind", "again"), [("timeout", False), ("crash", False), ("decode", True)])
    def test_a_decoder_that_came_to_no_end_is_not_waited_for_again(
        self, kind: str, again: bool, song: Path, store: Store, see: See, heard_as: list[bytes]
    ) -> None:
        info = song.stat()
        row = failed(os.fsencode(song), kind, "took too long")
        store.put(replace(row, size=info.st_size, mtime_ns=info.st_mtime_ns))
        assert see(song, listen=True).why_not_heard == ("" if again else "it was tried before: took too long")
        assert bool(heard_as) is again

    def test_without_a_library(self, music: Path, card: ModelCard) -> None:
        options = PredictOptions(None, 1, 4, "onnx", DecodeLimits())
        sheet = sheet_of(None, os.fsencode(music / "one.mp3"), Look(card, options, REPLACE))
        assert (sheet.state, sheet.neighbours) == ("new", ())
        assert sheet.track is not None


class TestOthers:
    def test_the_nearest_and_the_same_recording(self, store: Store, card: ModelCard) -> None:
        some = list(made_tracks(40, size=32))
        twin = replace(some[3], path=b"/elsewhere/twin.mp3")
        alike = replace(some[3], path=b"/elsewhere/alike.mp3", fingerprint=b"another fingerpr")
        for each in (*some, twin, alike):
            store.put(each)
        options = PredictOptions(None, 1, 4, "onnx", DecodeLimits())
        sheet = sheet_of(store, some[3].path, Look(card, options, REPLACE, nearest=5))
        assert sheet.copies == [
            (b"/elsewhere/twin.mp3", "same sound"), (b"/elsewhere/alike.mp3", "sounds the same"),
        ]  # fmt: skip
        assert len(sheet.neighbours) == 5
        found = as_json(sheet, card)
        assert [near["place"] for near in found["neighbours"]] == [1, 2, 3, 4, 5]  # type: ignore[attr-defined]
        assert found["same_recording"][0] == {"path": "/elsewhere/twin.mp3", "how": "same sound"}  # type: ignore[index]

    def test_where_another_sound_lies_now_copies_are_of_that_one(
        self, song: Path, music: Path, store: Store, see: See
    ) -> None:
        """The nearest are still to what the library heard, and no twins of the file."""
        before = store.track(os.fsencode(song))
        assert before is not None
        store.put(replace(before, path=b"/elsewhere/before.mp3"))
        os.replace(music / "one.mp3", song)
        store.put(replace(before, path=b"/elsewhere/now.mp3", fingerprint=fingerprint(song), duration=100.0))
        sheet = see(song)
        assert (sheet.state, sheet.copies) == ("changed", [(b"/elsewhere/now.mp3", "same sound")])
        assert {near.track.path for near in sheet.neighbours} == {
            b"/elsewhere/before.mp3", b"/elsewhere/now.mp3",
        }  # fmt: skip
        assert all(near.twin is None for near in sheet.neighbours)

    def test_copies_are_there_and_have_a_sound(self, song: Path, store: Store, see: See) -> None:
        known = store.track(os.fsencode(song))
        assert known is not None
        store.put(replace(known, path=b"/elsewhere/gone.mp3", missing=True))
        store.put(replace(failed(b"/elsewhere/broken.mp3"), fingerprint=known.fingerprint))
        assert see(song).copies == []

    def test_what_is_no_number_is_null(self, song: Path, store: Store, see: See, card: ModelCard) -> None:
        known = store.track(os.fsencode(song))
        assert known is not None
        store.put(replace(known, probabilities=np.array([np.nan, np.inf, 0.5], np.float32)))
        genres = as_json(see(song), card)["genres"]
        assert isinstance(genres, list)
        assert sorted((each["genre"], each["probability"]) for each in genres) == [
            ("Folk", None), ("Pop", None), ("Rock", 0.5),
        ]  # fmt: skip

    def test_why_there_are_none(self, store: Store, music: Path, see: See) -> None:
        store.put(failed(os.fsencode(music / "one.mp3")))
        assert see(music / "one.mp3").why_alone == "nothing in the library can be compared yet"
        store.put(next(made_tracks(1)))
        assert see(music / "one.mp3").why_alone == "cannot be compared: damaged"
