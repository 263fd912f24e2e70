"""What is heard is judged soon, whatever its neighbours do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from audiotag.audio.child import DecodeLimits
from audiotag.library.records import TrackInfo
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard, load_card
from audiotag.pipeline import predict as predict_module
from audiotag.pipeline.extract import Extracted, ExtractJob
from audiotag.pipeline.predict import PredictOptions, predict
from audiotag.pipeline.window_buffer import Windows
from tests.helpers.models import SMALL, MadeModel

SLOW_SECONDS = 6.0
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
