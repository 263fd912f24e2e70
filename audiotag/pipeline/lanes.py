"""Windows of one track after another → tracks: an engine is called in several threads, the lanes.

A lane that is free takes what waits, at once, though it may be a window alone; while all are busy more
gathers, up to a whole batch each. So nothing has to be known of how fast the decoders and the network are:
where the network is slower its batches are full, where it is faster no window waits, and in the end all
lanes share what is left. While as much waits as the lanes can take in one go, nobody may put more: the
decoders stand still then, and leave the cores to the network.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

import numpy as np

from audiotag.errors import EngineError
from audiotag.model.average import TrackMean, TrackPrediction
from audiotag.model.engines import Engine, Outputs

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class LaneWidth:
    """lanes: calls of the engine at once. least, most: windows a call; fewer than `least` waiting ones are
    not shared out among several lanes."""

    lanes: int
    least: int
    most: int


@dataclass(eq=False)
class _Track(Generic[Key]):
    key: Key
    windows: int
    mean: TrackMean = field(default_factory=TrackMean)


class Lanes(Generic[Key]):
    """Must be closed. An engine's fault is raised by whichever method is called next."""

    def __init__(self, engine: Engine, width: LaneWidth) -> None:
        self._engine = engine
        self._width = width
        self._changed = threading.Condition()
        # All of what follows is looked at and changed by whoever holds `_changed`.
        self._waiting: deque[tuple[_Track[Key], np.ndarray]] = deque()
        self._lanes = self._free = width.lanes
        self._done: list[tuple[Key, TrackPrediction]] = []
        self._fault: BaseException | None = None
        self._closed = False
        self._threads: list[threading.Thread] = []
        self._start()

    def _start(self) -> None:
        """As many lanes as the system lets us have threads."""
        for _ in range(self._width.lanes):
            thread = threading.Thread(target=self._lane, daemon=True)
            try:
                thread.start()
            except RuntimeError as fault:
                if not self._threads:
                    raise EngineError(f"the network cannot run: {fault} (see 'ulimit -u')") from fault
                with self._changed:
                    self._free -= self._lanes - len(self._threads)
                    self._lanes = len(self._threads)
                return
            self._threads.append(thread)

    def put(
        self, key: Key, count: int, windows: Iterable[np.ndarray]
    ) -> Iterator[tuple[Key, TrackPrediction]]:
        """Take a track's windows, `count` ≥ 1 of (bands, frames) uint8; yields tracks that are done."""
        track, left, rest = _Track(key, count), count, iter(windows)
        while left:
            with self._changed:
                self._changed.wait_for(lambda: self._room() or self._fault is not None)
                # All that there is room for in one go, so that the lanes share it.
                wanted = min(left, self._room())
                some = [(track, window) for window in islice(rest, wanted)]
                self._waiting += some
                self._changed.notify_all()
            yield from self.done()
            if len(some) < wanted:
                raise EngineError(
                    f"of {count:,} windows only {count - left + len(some):,} were left to predict"
                )
            left -= len(some)

    def done(self) -> list[tuple[Key, TrackPrediction]]:
        """The tracks that were done since it was last asked."""
        with self._changed:
            if self._fault is not None:
                raise self._fault
            done, self._done = self._done, []
        return done

    def drain(self) -> Iterator[tuple[Key, TrackPrediction]]:
        """Wait for all that was put; yields tracks that are done."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._done or self._fault is not None or self._idle())
                over = self._idle()
            yield from self.done()
            if over:
                return

    def close(self) -> None:
        """Forget what waits, and end the threads; waits for the calls that they are in."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _room(self) -> int:
        return self._lanes * self._width.most - len(self._waiting)

    def _idle(self) -> bool:
        return not self._waiting and self._free == self._lanes

    def _lane(self) -> None:
        try:
            while batch := self._take():
                outputs = self._engine.predict(np.stack([window for _, window in batch]))
                self._give(batch, outputs)
        except MemoryError as fault:
            words = (
                "not enough memory for the network; close other programs, or lower --jobs and --batch-size"
            )
            self._end_by(EngineError(f"{words} ({fault})" if str(fault) else words))
        except BaseException as fault:  # whatever it is, it is for who waits for the answers
            self._end_by(fault)

    def _end_by(self, fault: BaseException) -> None:
        with self._changed:
            self._fault = self._fault or fault
            self._changed.notify_all()

    def _take(self) -> list[tuple[_Track[Key], np.ndarray]]:
        """A batch, as soon as there is one; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            share = -(-len(self._waiting) // self._free)
            size = min(len(self._waiting), self._width.most, max(self._width.least, share))
            self._free -= 1
            batch = [self._waiting.popleft() for _ in range(size)]
            self._changed.notify_all()
        return batch

    def _give(self, batch: list[tuple[_Track[Key], np.ndarray]], outputs: Outputs) -> None:
        with self._changed:
            start = 0
            while start < len(batch):
                track = batch[start][0]
                end = start
                while end < len(batch) and batch[end][0] is track:
                    end += 1
                track.mean.add(Outputs(*(output[start:end] for output in outputs)))
                if track.mean.windows == track.windows:
                    self._done.append((track.key, track.mean.prediction()))
                start = end
            self._free += 1
            self._changed.notify_all()
