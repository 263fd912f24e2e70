"""Windows in, tracks out, through several threads: none is lost, done twice, or made to wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.errors import EngineError
from audiotag.model.average import TrackPrediction
from audiotag.model.engines import Outputs
from audiotag.pipeline.lanes import Lanes, LaneWidth

SOON = 10.0


class Recording:
    """An engine whose answer is the window's own cells; keeps the sizes of its batches."""

    name, device = "recording", "none"

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.going = threading.Event()
        self.going.set()

    def predict(self, windows: np.ndarray) -> Outputs:
        self.batches.append(len(windows))
        assert self.going.wait(SOON)
        cells = windows.reshape(len(windows), -1).astype(np.float32)
        return Outputs(cells[:, :2], cells[:, 2:], cells[:, 1:])


def track(windows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (windows, 2, 2), np.uint8)


def wait_until(what: Callable[[], object]) -> None:
    end = time.monotonic() + SOON
    while not what():
        assert time.monotonic() < end
        time.sleep(0.001)


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), max_size=15), st.integers(1, 4), st.integers(1, 5), st.integers(0, 5))
def test_every_track_gets_the_mean_of_its_own_windows_once(
    lengths: list[int], lanes: int, least: int, more: int
) -> None:
    tracks = [track(length, seed) for seed, length in enumerate(lengths)]
    engine = Recording()
    done: list[tuple[int, TrackPrediction]] = []
    with closing(Lanes[int](engine, LaneWidth(lanes, least, least + more))) as network:
        for key, windows in enumerate(tracks):
            done += network.put(key, len(windows), windows)
        done += network.drain()
        assert network.done() == []
    assert sorted(key for key, _ in done) == list(range(len(tracks)))
    for key, found in done:
        mean = tracks[key].reshape(lengths[key], 4).mean(axis=0)
        np.testing.assert_allclose(found.probabilities, mean[:2], rtol=1e-5)
        np.testing.assert_allclose(found.embedding, mean[2:], rtol=1e-5)
        assert found.windows == lengths[key]
    assert sum(engine.batches) == sum(lengths)
    assert max(engine.batches, default=0) <= least + more


def test_a_free_lane_takes_what_there_is() -> None:
    """A window alone is begun with at once, though a batch has room for more."""
    with closing(Lanes[str](Recording(), LaneWidth(1, 8, 8))) as network:
        assert list(network.put("a", 1, track(1))) == []
        wait_until(lambda: [key for key, _ in network.done()] == ["a"])


def test_what_gathers_while_all_are_busy_goes_in_batches() -> None:
    engine = Recording()
    engine.going.clear()
    with closing(Lanes[str](engine, LaneWidth(1, 1, 4))) as network:
        list(network.put("first", 1, track(1)))
        wait_until(lambda: engine.batches == [1])
        for name in "abcd":
            list(network.put(name, 1, track(1)))
        engine.going.set()
        assert [key for key, _ in network.drain()] == ["first", *"abcd"]
    assert engine.batches == [1, 4]


def test_free_lanes_share_a_track() -> None:
    engine = Recording()
    engine.going.clear()
    with closing(Lanes[str](engine, LaneWidth(2, 1, 4))) as network:
        list(network.put("a", 6, track(6)))
        wait_until(lambda: engine.batches == [3, 3])
        engine.going.set()
        assert [key for key, _ in network.drain()] == ["a"]


def test_a_track_that_is_not_worth_sharing_out_goes_in_one() -> None:
    engine = Recording()
    with closing(Lanes[str](engine, LaneWidth(2, 8, 8))) as network:
        assert [key for key, _ in [*network.put("a", 6, track(6)), *network.drain()]] == ["a"]
    assert engine.batches == [6]


def test_who_puts_more_than_the_lanes_can_take_waits() -> None:
    engine = Recording()
    engine.going.clear()
    with closing(Lanes[str](engine, LaneWidth(2, 2, 3))) as network:
        putting = threading.Thread(target=lambda: list(network.put("long", 100, track(100))))
        putting.start()
        time.sleep(0.2)
        waiting = len(network._waiting)
        engine.going.set()
        list(network.drain())
        putting.join(SOON)
        assert not putting.is_alive()
        list(network.drain())
    assert waiting == 2 * 3
    assert sum(engine.batches) == 100


def test_a_fault_reaches_who_waits() -> None:
    class Failing(Recording):
        def predict(self, windows: np.ndarray) -> Outputs:
            raise EngineError("the network is gone")

    with closing(Lanes[str](Failing(), LaneWidth(2, 1, 2))) as network:
        with pytest.raises(EngineError, match="gone"):
            list(network.put("long", 100, track(100)))
        with pytest.raises(EngineError, match="gone"):
            list(network.drain())


def test_closing_ends_the_threads_and_forgets_the_rest() -> None:
    engine = Recording()
    before = threading.active_count()
    engine.going.clear()
    network = Lanes[str](engine, LaneWidth(2, 1, 1))
    list(network.put("a", 4, track(4)))
    wait_until(lambda: len(engine.batches) == 2)
    engine.going.set()
    network.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_few_threads(allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many lanes as there are threads to be had; without any it is said."""
    start, before = threading.Thread.start, threading.active_count()

    def start_if_allowed(self: threading.Thread) -> None:
        if threading.active_count() - before >= allowed:
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", start_if_allowed)
    if not allowed:
        with pytest.raises(EngineError, match="can't start new thread"):
            Lanes[str](Recording(), LaneWidth(4, 1, 2))
        return
    with closing(Lanes[str](Recording(), LaneWidth(4, 1, 2))) as network:
        done = list(network.put("a", 20, track(20)))
        assert [key for key, _ in [*done, *network.drain()]] == ["a"]


def test_windows_that_are_not_all_there() -> None:
    """Somebody has cut the file that keeps a long track's: nobody waits for ever for the rest of them."""
    with (
        closing(Lanes[str](Recording(), LaneWidth(2, 1, 4))) as network,
        pytest.raises(EngineError, match="of 30 windows only 20 were left"),
    ):
        list(network.put("a", 30, track(20)))


def test_without_memory_the_fault_is_the_engine_s() -> None:
    class Large(Recording):
        def predict(self, windows: np.ndarray) -> Outputs:
            raise MemoryError("Unable to allocate 9 GiB")

    def hear(network: Lanes[str]) -> None:
        list(network.put("a", 1, track(1)))
        list(network.drain())

    with (
        closing(Lanes[str](Large(), LaneWidth(1, 1, 4))) as network,
        pytest.raises(EngineError, match=r"not enough memory for the network; .*9 GiB"),
    ):
        hear(network)
