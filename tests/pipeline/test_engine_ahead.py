"""The engine is opened while the first file is decoded, and only where there is one to be heard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from audiotag.errors import EngineError
from audiotag.library.walk import FoundFile
from audiotag.model.engines import Engine, Outputs
from audiotag.pipeline.engine_ahead import EngineAhead
from audiotag.pipeline.extract import ExtractJob


class MadeEngine:
    name = "made"
    device = "CPU"

    def predict(self, windows: np.ndarray) -> Outputs:
        return Outputs(*(np.zeros((len(windows), size), np.float32) for size in (3, 16, 0)))


class Opener:
    """Counts, and waits until it is let go on."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.engines: list[Engine] = []

    def __call__(self) -> Engine:
        self.begun.set()
        assert self.go_on.wait(60)
        self.engines.append(MadeEngine())
        return self.engines[-1]


def jobs(*known: bool) -> Iterator[ExtractJob]:
    for number, one in enumerate(known):
        yield ExtractJob(FoundFile(b"/%d" % number, 1, 1), known=one)


def test_it_is_opened_while_the_jobs_are_at_work() -> None:
    opener = Opener()
    with closing(EngineAhead(opener)) as ahead:
        watched = ahead.watching(jobs(False, False))
        next(watched)
        assert not opener.begun.is_set(), "the first job has not been given to a worker yet"
        next(watched)
        assert opener.begun.wait(60)
        opener.go_on.set()
        assert ahead.get() is ahead.get()
    assert len(opener.engines) == 1


@pytest.mark.parametrize("known", [(), (True, True)])
def test_where_nothing_is_to_be_heard_it_is_not_opened(known: tuple[bool, ...]) -> None:
    opener = Opener()
    with closing(EngineAhead(opener)) as ahead:
        assert len(list(ahead.watching(jobs(*known)))) == len(known)
    assert not opener.begun.is_set()


def test_its_fault_comes_out_where_it_is_needed() -> None:
    def fail() -> Engine:
        raise EngineError("no engine here")

    with closing(EngineAhead(fail)) as ahead:
        assert len(list(ahead.watching(jobs(False, False)))) == 2
        with pytest.raises(EngineError, match="no engine here"):
            ahead.get()


def test_without_a_thread_it_is_opened_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    opener = Opener()
    opener.go_on.set()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with closing(EngineAhead(opener)) as ahead:
        assert ahead.get() is opener.engines[0]
