"""What may go wrong between here and a cluster, and what a worker does there: without a cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from distributed import KilledWorker

from audiotag import __version__
from audiotag.audio.child import DecodeLimits
from audiotag.errors import AudiotagError, ClusterError, EngineError, MissingExtraError, ModelError
from audiotag.library.records import TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard, load_card
from audiotag.pipeline import dask
from audiotag.pipeline.dask import PredictTask
from audiotag.pipeline.extract import Extracted, ExtractJob
from audiotag.pipeline.predict import DIED, Predicted
from audiotag.pipeline.window_buffer import Windows
from tests.helpers.models import SMALL, MadeModel

ADDRESS = "tcp://10.0.0.1:8786"


def job(name: bytes) -> ExtractJob:
    return ExtractJob(FoundFile(b"/m/" + name, 1, 1))


@pytest.fixture
def card(made_model: MadeModel) -> ModelCard:
    return load_card(str(made_model.card_file))


@pytest.fixture
def task(card: ModelCard) -> PredictTask:
    return PredictTask(dask._model_of(card), card, DecodeLimits(), None, 4)


def killed(name: str) -> KilledWorker:
    return KilledWorker(name, SimpleNamespace(address="tcp://10.0.0.2:1"), 3)


class TestOnAWorker:
    def hear(self, monkeypatch: pytest.MonkeyPatch, outcome: Callable[[ExtractJob], Extracted]) -> None:
        monkeypatch.setattr(dask, "ExtractTask", lambda *_arguments: outcome)

    def test_a_file_is_extracted_and_predicted_at_once(
        self, task: PredictTask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        windows = Windows(np.zeros((3, SMALL.bands, SMALL.frames), np.uint8), np.zeros(3, np.float32))
        self.hear(monkeypatch, lambda job: Extracted(job, TrackInfo("Ann"), 12.0, windows))
        predicted = task(job(b"a.mp3"))
        assert (predicted.job, predicted.info.artist, predicted.seconds) == (job(b"a.mp3"), "Ann", 12.0)
        assert predicted.prediction is not None
        assert predicted.prediction.windows == 3

    def test_what_fails_or_is_no_music_is_told(
        self, task: PredictTask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.hear(monkeypatch, lambda job: Extracted(job, TrackInfo(), fault=("decode", "damaged")))
        assert task(job(b"a.mp3")).fault == ("decode", "damaged")
        self.hear(monkeypatch, lambda job: Extracted(job, TrackInfo(), passed_over="videos"))
        assert task(job(b"a.mp4")).passed_over == "videos"

    def test_it_is_ready_with_the_very_model_alone(self, task: PredictTask, card: ModelCard) -> None:
        assert dask._ready(task) == __version__
        with pytest.raises(
            ModelError, match=f"a Dask worker has another model: {card.identity}, not another-1"
        ):
            dask._engine(task.model, "another-1", 4)


def test_a_shipped_model_is_each_worker_s_own() -> None:
    assert dask._model_of(load_card("resnet50")) == "resnet50"


def test_the_package_may_not_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'audiotag\[dask\]'"), dask._connected(ADDRESS):
        pass


class TestWorkersThatAreNotReady:
    def check(self, task: PredictTask, answer: Any) -> None:
        def run(_ready: object, _task: object) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        client = SimpleNamespace(wait_for_workers=lambda _count, timeout: None, run=run)
        dask._check_workers(client, task, ADDRESS)

    def test_all_of_this_version_are(self, task: PredictTask) -> None:
        self.check(task, {"one": __version__, "two": __version__})

    def test_one_of_another_version_is_not(self, task: PredictTask) -> None:
        with pytest.raises(ClusterError, match=f"a worker has audiotag 0.1, here it is {__version__}"):
            self.check(task, {"one": __version__, "two": "0.1"})

    def test_our_own_faults_speak_for_themselves(self, task: PredictTask) -> None:
        with pytest.raises(EngineError, match="onnxruntime is missing"):
            self.check(task, EngineError("onnxruntime is missing"))

    def test_others_are_told_with_their_kind(self, task: PredictTask) -> None:
        with pytest.raises(ClusterError, match="a worker is not ready: ImportError: no numpy"):
            self.check(task, ImportError("no numpy"))


class Future:
    """One that is done: with a result or a fault."""

    def __init__(self, outcome: Any) -> None:
        self._outcome = outcome
        self.status = "error" if isinstance(outcome, Exception) else "finished"

    def add_done_callback(self, done: Callable[[Future], None]) -> None:
        done(self)

    def result(self) -> Any:
        return self._outcome

    def exception(self) -> Any:
        return self._outcome


class Client:
    """A scheduler that has each outcome of a file ready, one after the other."""

    status = "running"

    def __init__(self, outcomes: dict[bytes, list[Any]]) -> None:
        self._outcomes = {name: iter(found) for name, found in outcomes.items()}

    def ncores(self) -> dict[str, int]:
        return {"worker": 1}

    def submit(self, _task: object, job: ExtractJob, pure: bool) -> Future:
        outcome = next(self._outcomes[job.found.path.removeprefix(b"/m/")])
        if isinstance(outcome, OSError):
            raise outcome
        return Future(outcome)


def run(outcomes: dict[bytes, list[Any]], task: PredictTask) -> Iterator[Predicted]:
    jobs = (job(name) for name in outcomes)
    return dask._Submitted(Client(outcomes), task, ADDRESS).run(jobs)


class TestWhatComesBack:
    def test_one_that_kills_every_worker_is_tried_alone_and_given_up(self, task: PredictTask) -> None:
        fine = Predicted(job(b"b.mp3"), TrackInfo(), 1.0)
        outcomes = {b"a.mp3": [killed("a"), killed("a")], b"b.mp3": [killed("a"), fine]}
        found = {outcome.job.found.path: outcome for outcome in run(outcomes, task)}
        assert found == {b"/m/a.mp3": Predicted(job(b"a.mp3"), TrackInfo(), fault=DIED), b"/m/b.mp3": fine}

    @pytest.mark.parametrize(
        ("fault", "kind", "words"),
        [
            (ModelError("the model is damaged"), ModelError, "the model is damaged"),
            (ZeroDivisionError("by zero"), ClusterError, "ZeroDivisionError: by zero; what was done is kept"),
            (ConnectionError("closed"), ClusterError, "the Dask scheduler has gone; what was done is kept"),
        ],
    )
    def test_any_other_fault_ends_the_scan(
        self, fault: Exception, kind: type[AudiotagError], words: str, task: PredictTask
    ) -> None:
        with pytest.raises(kind, match=words):
            list(run({b"a.mp3": [fault]}, task))

    def test_a_client_that_fails_in_any_other_way_does_too(
        self, task: PredictTask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_client: Client) -> None:
            raise RuntimeError("no loop")

        monkeypatch.setattr(Client, "ncores", fail)
        with pytest.raises(ClusterError, match="RuntimeError: no loop"):
            list(run({b"a.mp3": []}, task))

    def test_a_scheduler_that_says_nothing_any_more_has_gone(
        self, task: PredictTask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dask, "_CONNECT_SECONDS", 1)
        monkeypatch.setattr(Client, "status", "closed")
        monkeypatch.setattr(Future, "add_done_callback", lambda _future, _done: None)
        with pytest.raises(ClusterError, match="the Dask scheduler has gone"):
            list(run({b"a.mp3": [Predicted(job(b"a.mp3"), TrackInfo())]}, task))
