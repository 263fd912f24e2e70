"""The engine, opened in a thread while the first files are decoded: it takes as long as decoding a song."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future

from audiotag.model.engines import Engine
from audiotag.pipeline.extract import ExtractJob
from audiotag.threads import threads


class EngineAhead:
    """Must be closed. It opens the engine once, and not at all where nothing needs it."""

    def __init__(self, open_it: Callable[[], Engine]) -> None:
        self._open = open_it
        self._thread: Executor | None = None
        self._opening: Future[Engine] | None = None

    def watching(self, jobs: Iterable[ExtractJob]) -> Iterator[ExtractJob]:
        """The same jobs; when the one after the first that has to be heard is asked for, the engine is
        begun. By then a worker has the first, and has been started for it."""
        for job in jobs:
            yield job
            if not job.known:
                self._begin()

    def get(self) -> Engine:
        """Wait for it. Raises EngineError or ModelError where it cannot be opened."""
        return self._begin().result()

    def close(self) -> None:
        """Wait until nobody is at it any more."""
        if self._thread is not None:
            self._thread.shutdown()

    def _begin(self) -> Future[Engine]:
        if self._opening is None:
            self._thread = threads(1, "engine")
            self._opening = self._thread.submit(self._open)
        return self._opening
