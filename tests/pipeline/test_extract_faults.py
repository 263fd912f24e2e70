"""What extracting and predicting make of files and workers that fail: with parts that are played."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np
import pytest

from audiotag.audio.child import DecodeLimits
from audiotag.audio.worker import WorkerDied
from audiotag.library import places
from audiotag.library.records import TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard, load_card
from audiotag.pipeline import extract, predict, run, sliced
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from audiotag.pipeline.identify import Identified, identify
from audiotag.pipeline.predict import DIED, PredictOptions
from audiotag.pipeline.window_buffer import Windows
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.models import SMALL, MadeModel
from tests.helpers.shelf import Shelf

JOB = ExtractJob(FoundFile(b"/m/a.mp3", 1, 1))


class TestExtracting:
    def test_whatever_a_file_brings_about_costs_that_file_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_arguments: object) -> NoReturn:
            raise ZeroDivisionError("float division by zero")

        monkeypatch.setattr(extract, "extract", fail)
        extracted = ExtractTask(SMALL, DecodeLimits(), None)(JOB)
        assert extracted.fault == ("unforeseen", "ZeroDivisionError: float division by zero")

    def test_so_does_what_happens_in_its_child(self, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_arguments: object) -> NoReturn:
            raise ZeroDivisionError("float division by zero")

        monkeypatch.setattr(sliced, "slice_windows", fail)
        monkeypatch.setattr(
            extract,
            "look",
            lambda _path: (SimpleNamespace(artist="Ann", album="", title="", year=None), None),
        )
        extracted = heard(song)
        assert extracted.fault == ("unforeseen", "ZeroDivisionError: float division by zero")
        assert extracted.info.artist == "Ann"

    @pytest.mark.parametrize(
        "suffix", ["mp3", "flac", "ogg", "opus", "wav", "aiff", "m4a", "wma", "ape", "wv"]
    )
    @pytest.mark.parametrize(
        "content", [b"y\n", b"\0" * 200, b"fLaC", b"RIFF\x24\0\0\0WAVEfmt ", b"OggS" + b"\0" * 60]
    )
    def test_a_few_bytes_of_nothing_are_no_fault_of_the_program(
        self, suffix: str, content: bytes, tmp_path: Path
    ) -> None:
        path = tmp_path / f"a.{suffix}"
        path.write_bytes(content)
        fault = heard(path).fault
        assert fault is not None
        assert fault[0] in ("decode", "too-short"), fault

    def test_of_a_file_that_has_gone_nothing_is_known(self, tmp_path: Path) -> None:
        extracted = heard(tmp_path / "gone.mp3")
        assert (extracted.info, extracted.windows) == (TrackInfo(), None)
        assert extracted.fault is not None

    def test_tags_that_take_for_ever_are_a_matter_of_time(
        self, song: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def hang(_path: bytes) -> NoReturn:
            time.sleep(30)
            raise AssertionError("nobody waits so long")

        monkeypatch.setattr(extract, "look", hang)
        fault = heard(song, DecodeLimits(seconds=0.5)).fault
        assert fault is not None
        assert fault[0] == "timeout"

    @pytest.mark.parametrize("kind", [MemoryError, OSError, ValueError])
    def test_tags_that_cannot_be_read_are_none(
        self, kind: type[Exception], song: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_path: bytes) -> NoReturn:
            raise kind("the tags")

        monkeypatch.setattr(extract, "look", fail)
        extracted = heard(song)
        assert (extracted.fault, extracted.info) == (None, TrackInfo())
        assert extracted.windows is not None

    def test_nor_those_that_kill_their_reader(self, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(extract, "look", lambda _path: os.kill(os.getpid(), signal.SIGKILL))
        extracted = heard(song)
        assert (extracted.fault, extracted.info) == (None, TrackInfo())
        assert extracted.windows is not None


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_audio(tmp_path / "a.wav", tone(4.0, 22_050), 22_050)


def heard(path: Path, limits: DecodeLimits | None = None) -> Extracted:
    found = FoundFile(os.fsencode(path), 1, 1)
    return ExtractTask(SMALL, limits or DecodeLimits(), None)(ExtractJob(found))


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
            patched.setattr(run, "identify", restless)
            assert shelf.scan().waiting == 1
        assert shelf.scan().waiting == 0

    def test_so_is_one_whose_sound_the_library_forgot_meanwhile(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (shelf.music / "copy.wav").write_bytes((shelf.music / "a.wav").read_bytes())
        with monkeypatch.context() as patched:
            patched.setattr(run, "adopt", lambda *_arguments: None)
            summary = shelf.scan()
            assert (summary.waiting, summary.recognised) == (1, 0)
        assert shelf.scan().recognised == 1


def test_a_system_may_not_tell_its_mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_MOUNTS", tmp_path / "no such list")
    assert places.mount_points() is None
