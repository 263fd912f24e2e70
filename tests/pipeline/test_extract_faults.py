"""What extracting and predicting make of files and workers that fail: with parts that are played."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from audiotag.audio.child import Allowance, DecodeLimits, TimedOutError
from audiotag.audio.header import Stated
from audiotag.audio.worker import WorkerDied
from audiotag.library import places
from audiotag.library.records import TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard, load_card
from audiotag.pipeline import extract, predict, scan
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from audiotag.pipeline.identify import Identified, identify
from audiotag.pipeline.predict import DIED, PredictOptions
from audiotag.pipeline.window_buffer import Windows
from tests.helpers.models import SMALL, MadeModel
from tests.helpers.shelf import Shelf

JOB = ExtractJob(FoundFile(b"/m/a.mp3", 1, 1))


class TestExtracting:
    def test_whatever_a_file_brings_about_costs_that_file_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_arguments: object) -> NoReturn:
            raise ZeroDivisionError("float division by zero")

        monkeypatch.setattr(extract, "_look", lambda _path, _allowance: (TrackInfo("Ann"), Stated()))
        monkeypatch.setattr(extract, "extract", fail)
        extracted = ExtractTask(SMALL, DecodeLimits(), None)(JOB)
        assert extracted.fault == ("unforeseen", "ZeroDivisionError: float division by zero")
        assert extracted.info.artist == "Ann"

    def test_of_a_file_that_has_gone_nothing_is_known(self, tmp_path: Path) -> None:
        gone = str(tmp_path / "gone.mp3").encode()
        assert extract._look(gone, Allowance.from_now(DecodeLimits())) == (TrackInfo(), None)

    def test_tags_that_take_for_ever_are_a_matter_of_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def hang(_path: bytes) -> NoReturn:
            time.sleep(30)
            raise AssertionError("nobody waits so long")

        monkeypatch.setattr(extract, "look", hang)
        with pytest.raises(TimedOutError):
            extract._look(b"/m/a.mp3", Allowance.from_now(DecodeLimits(seconds=0.1)))


class TestPredicting:
    @pytest.fixture
    def card(self, made_model: MadeModel) -> ModelCard:
        return load_card(str(made_model.card_file))

    def predicted(
        self, card: ModelCard, monkeypatch: pytest.MonkeyPatch, *heard: Any
    ) -> tuple[list[predict.Predicted], list[str]]:
        """What is predicted of what the workers give, and what is said to people meanwhile."""

        def workers(*_arguments: object) -> Iterator[Any]:
            yield from heard

        monkeypatch.setattr(predict, "run_workers_with_pauses", workers)
        said: list[str] = []
        options = PredictOptions(None, 1, 4, "onnx", DecodeLimits(), say=said.append)
        return list(predict.predict([JOB], card, options)), said

    def test_a_file_that_killed_its_worker_has_failed(
        self, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ((only,), _) = self.predicted(card, monkeypatch, WorkerDied(JOB))
        assert (only.job, only.fault, only.prediction) == (JOB, DIED, None)

    def test_why_the_engine_is_another_one_is_said(
        self, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(predict, "note_of", lambda _engine: "TensorFlow is not used")
        windows = Windows(np.zeros((1, SMALL.bands, SMALL.frames), np.uint8), np.zeros(1, np.float32))
        (found, said) = self.predicted(card, monkeypatch, Extracted(JOB, TrackInfo(), 4.0, windows))
        assert len(found) == 1
        assert said == ["TensorFlow is not used"]


class TestScanning:
    def test_files_that_change_meanwhile_are_left_to_the_next_scan(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def restless(todos: Any) -> Iterator[Identified]:
            for identified in identify(todos):
                yield replace(identified, steady=False)

        shelf.song("new.wav", 77)
        with monkeypatch.context() as patched:
            patched.setattr(scan, "identify", restless)
            assert shelf.scan().waiting == 1
        assert shelf.scan().waiting == 0

    def test_so_is_one_whose_sound_the_library_forgot_meanwhile(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (shelf.music / "copy.wav").write_bytes((shelf.music / "a.wav").read_bytes())
        with monkeypatch.context() as patched:
            patched.setattr(scan, "adopt", lambda *_arguments: None)
            summary = shelf.scan()
            assert (summary.waiting, summary.recognised) == (1, 0)
        assert shelf.scan().recognised == 1


def test_a_system_may_not_tell_its_mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_MOUNTS", tmp_path / "no such list")
    assert places.mount_points() is None
