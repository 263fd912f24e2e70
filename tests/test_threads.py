"""As many threads as there are to be had, and the work is done in any case."""

from __future__ import annotations

import threading

import pytest

from audiotag.threads import Here, threads


def few(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """The system starts so many at a time, as where a container allows no more."""
    start, before = threading.Thread.start, threading.active_count()

    def start_if_allowed(self: threading.Thread) -> None:
        if threading.active_count() - before >= count:
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", start_if_allowed)


@pytest.mark.parametrize("allowed", [0, 1, 2, 3, 9])
def test_as_many_as_there_are(allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch, allowed)
    with threads(3, "some") as pool:
        names = {pool.submit(lambda: threading.current_thread().name).result() for _ in range(5)}
        assert list(pool.map(abs, range(-50, 0))) == list(range(50, 0, -1))
    assert isinstance(pool, Here) == (allowed == 0)
    assert ({threading.main_thread().name} == names) == (allowed == 0)


def test_a_fault_is_in_the_outcome() -> None:
    outcome = threads(0, "none").submit(int, "no number")
    with pytest.raises(ValueError, match="no number"):
        outcome.result()
