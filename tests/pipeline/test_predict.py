"""What is heard is judged soon and once, whatever its neighbours, or the GPU, do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from audiotag.audio.child import DecodeLimits
from audiotag.audio.loky import cores
from audiotag.library.records import TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard, load_card
from audiotag.model.engines import CPU_BATCH, Outputs, open_engine
from audiotag.model.engines.gpu_or_cpu import GpuOrCpu
from audiotag.pipeline import predict as predict_module
from audiotag.pipeline.extract import Extracted, ExtractJob
from audiotag.pipeline.lanes import LaneWidth
from audiotag.pipeline.predict import PredictOptions, lanes_for, predict
from audiotag.pipeline.window_buffer import Windows
from tests.helpers.models import SMALL, MadeModel

SLOW_SECONDS = 6.0
ANSWER = (np.full((1, 3), 1 / 3), np.ones((1, 16)), np.zeros((1, 0)))
WINDOW = Windows(np.zeros((1, SMALL.bands, SMALL.frames), np.uint8), np.zeros(1, np.float32))


@dataclass(frozen=True)
class Hearing:
    """In place of ExtractTask: a window of silence from each file, from a slow one late."""

    def __call__(self, job: ExtractJob) -> Extracted:
        if b"slow" in job.found.path:
            time.sleep(SLOW_SECONDS)
        return Extracted(job, TrackInfo(), 4.0, WINDOW)


@pytest.fixture
def card(made_model: MadeModel, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    monkeypatch.setattr(predict_module, "ExtractTask", lambda *_: Hearing())
    return load_card(str(made_model.card_file))


def jobs(*names: str) -> Iterator[ExtractJob]:
    for name in names:
        yield ExtractJob(FoundFile(b"/" + name.encode(), 1, 1))


def test_a_slow_neighbour_holds_nothing_back(card: ModelCard, tmp_path: Path) -> None:
    options = PredictOptions(None, 2, 16, "onnx", DecodeLimits(60))
    came = {}
    for judged in predict(jobs("slow", "a", "b", "c"), card, options):
        assert judged.prediction is not None
        came[judged.job.found.path] = time.monotonic()
    assert list(came)[-1] == b"/slow"
    waited = came[b"/slow"] - max(when for path, when in came.items() if path != b"/slow")
    assert waited > 2, "they came with the batch that the slow one filled"


class Dying:
    """In place of a GPU's engine: it fails in the middle, while two threads are in it."""

    name, device, batch_size = "tensorflow", "GPU", 4

    def __init__(self) -> None:
        self.calls = 0

    def predict(self, windows: np.ndarray) -> Outputs:
        self.calls += 1
        time.sleep(0.05)
        if self.calls > 3:
            raise RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS")
        return Outputs(*(np.repeat(part, len(windows), axis=0).astype(np.float32) for part in ANSWER))


def test_a_gpu_that_dies_in_the_middle_costs_no_file_and_a_line(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gpu(*_: object, **__: object) -> GpuOrCpu:
        return GpuOrCpu(Dying(), lambda: open_engine(card, "onnx", 0))

    monkeypatch.setattr(predict_module, "open_engine", gpu)
    said: list[str] = []
    names = [f"{number:03}" for number in range(40)]
    options = PredictOptions(None, 2, 0, "auto", DecodeLimits(60), say=said.append)
    came = list(predict(jobs(*names), card, options))
    assert sorted(one.job.found.path.decode() for one in came) == [f"/{name}" for name in names]
    assert {None if one.prediction is None else one.prediction.windows for one in came} == {1}
    assert said == ["The GPU failed: CUDA_ERROR_ILLEGAL_ADDRESS. ONNX Runtime goes on, on the CPU."]


def test_lanes(card: ModelCard) -> None:
    """One a core on a CPU; two on a GPU, whose batches are not shared out; TensorFlow shares a CPU itself."""
    onnx = open_engine(card, "onnx", 0)
    assert lanes_for(onnx, 0) == LaneWidth(cores(), 1, CPU_BATCH)
    assert lanes_for(onnx, 9) == LaneWidth(cores(), 1, 9)
    assert lanes_for(Dying(), 0) == LaneWidth(2, 4, 4)
    dying = Dying()
    dying.device = "CPU"
    assert lanes_for(dying, 0) == LaneWidth(1, 4, 4)
