"""The same work on a Dask cluster: a file in, probabilities out.

A worker needs this package and the music under the same path. It decodes and predicts, by ONNX
Runtime beside Essentia; only what the model says comes back. A file whose worker is lost is
given to another by the scheduler.
"""

from __future__ import annotations

import logging
import math
import os
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any

from audiotag import __version__
from audiotag.audio.child import DecodeLimits
from audiotag.errors import AudiotagError, ClusterError, ModelError, one_line
from audiotag.extras import need
from audiotag.library.records import TrackInfo
from audiotag.model.average import TrackMean, predict_batches
from audiotag.model.card import ModelCard, load_card, weights_folder
from audiotag.model.engines import CPU_BATCH, Engine
from audiotag.model.engines.onnx import OnnxEngine
from audiotag.pipeline.extract import ExtractJob, ExtractTask
from audiotag.pipeline.predict import DIED, Predicted, PredictOptions

_CONNECT_SECONDS = 5
_WORKER_SECONDS = 10
# Enough for a worker never to wait for its next job.
_JOBS_PER_THREAD = 4
_COUNT_SECONDS = 2
# A worker may have several threads, and the model is to be loaded once.
_LOADING = threading.Lock()


@dataclass(frozen=True)
class PredictTask:
    """Calling it with a job extracts and predicts a file, all in one process.

    model: by what name a worker finds the model, whose card this is.
    """

    model: str
    card: ModelCard
    limits: DecodeLimits
    most_windows: int | None
    batch_size: int
    pass_over: tuple[str, ...] = ()

    def __call__(self, job: ExtractJob) -> Predicted:
        """Never raises for the file's sake. Raises ModelError or EngineError."""
        with tempfile.TemporaryDirectory(prefix="audiotag-") as spool:
            extract = ExtractTask(self.card.frontend, self.limits, self.most_windows, spool, self.pass_over)
            extracted = extract(job)
            if extracted.windows is None:
                return Predicted(
                    job, extracted.info, fault=extracted.fault, passed_over=extracted.passed_over
                )
            engine = _engine(self.model, self.card.identity, self.batch_size)
            mean = TrackMean()
            for outputs in predict_batches(engine, extracted.windows, self.batch_size):
                mean.add(outputs)
        return Predicted(job, extracted.info, extracted.seconds, mean.prediction())


def predictor_on(address: str) -> Callable[..., Generator[Predicted, None, None]]:
    """What takes the place of predict.predict: the workers of the scheduler at `address` do it.

    It raises MissingExtraError without Dask, ClusterError when nothing answers there, or no worker
    can do the work.
    """

    def predict(
        jobs: Iterable[ExtractJob], card: ModelCard, options: PredictOptions
    ) -> Generator[Predicted, None, None]:
        task = PredictTask(
            _model_of(card),
            card,
            options.limits,
            options.windows,
            options.batch_size or CPU_BATCH,
            options.pass_over,
        )
        with _connected(address) as client:
            _check_workers(client, task, address)
            yield from _Submitted(client, task, address).run(iter(jobs))

    return predict


def _model_of(card: ModelCard) -> str:
    """By what name a worker finds the model: a shipped one has its own copy of."""
    if card.folder == weights_folder():
        return card.name
    return os.path.abspath(card.folder / f"{card.name}.json")


def _engine(model: str, identity: str, batch_size: int) -> Engine:
    """The model, loaded once a process. Raises ModelError where it is another one here."""
    with _LOADING:
        return _load_engine(model, identity, batch_size)


@cache
def _load_engine(model: str, identity: str, batch_size: int) -> Engine:
    card = load_card(model)
    if card.identity != identity:
        raise ModelError(f"a Dask worker has another model: {card.identity}, not {identity}")
    # One thread: a worker has as many jobs at a time as it has threads.
    return OnnxEngine(card, batch_size, threads=1)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    need("--dask", "dask")
    from distributed import Client

    # It tells of every try and every lost worker; what matters is said by us.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as fault:
        raise ClusterError(
            f"{address}: no Dask scheduler answers there; start one with 'dask scheduler', "
            "or scan without --dask"
        ) from fault
    try:
        yield client
    finally:
        client.close(timeout=1)


def _check_workers(client: Any, task: PredictTask, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        found = client.run(_ready, task)
    except TimeoutError as fault:
        raise ClusterError(
            f"{address}: the scheduler has no workers; start some with 'dask worker {address}'"
        ) from fault
    except AudiotagError:
        raise
    except Exception as fault:  # whatever another machine's Python raises
        raise ClusterError(f"{address}: a worker is not ready: {_in_words(fault)}") from fault
    other = next((version for version in found.values() if version != __version__), None)
    if other is not None:
        raise ClusterError(f"{address}: a worker has audiotag {other}, here it is {__version__}")


def _ready(task: PredictTask) -> str:
    """On a worker: its version, when the model is loaded."""
    _engine(task.model, task.card.identity, task.batch_size)
    return __version__


class _Submitted:
    """Jobs at the scheduler: so many that no worker's thread waits for one, and no more.

    The scheduler gives up on a job whose workers died several times, and may accuse jobs that were
    only beside the culprit: they are tried again, each alone, so that only the culprit fails.
    """

    def __init__(self, client: Any, task: PredictTask, address: str) -> None:
        self._client = client
        self._task = task
        self._address = address
        # A future is kept until it is done: the scheduler drops what nobody holds.
        self._waiting: dict[Any, ExtractJob] = {}
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._most = 0
        self._counted = -math.inf

    def run(self, jobs: Iterator[ExtractJob]) -> Iterator[Predicted]:
        """Every job's outcome; `jobs` is read in the caller's thread as outcomes are taken."""
        lost: list[ExtractJob] = []
        more = True
        while more or self._waiting:
            # Those lost are tried before others join them.
            while more and not lost and len(self._waiting) < self._room():
                job = next(jobs, None)
                more = job is not None
                if job is not None:
                    self._submit(job)
            if self._waiting:
                job, outcome = self._next()
                if outcome is None:
                    lost.append(job)
                else:
                    yield outcome
            if lost and not self._waiting:
                yield from map(self._alone, lost)
                lost = []

    def _room(self) -> int:
        """How many jobs may be there: workers come and go."""
        if time.monotonic() - self._counted > _COUNT_SECONDS:
            with self._faults():
                self._most = _JOBS_PER_THREAD * (sum(self._client.ncores().values()) or 1)
            self._counted = time.monotonic()
        return self._most

    def _submit(self, job: ExtractJob) -> None:
        with self._faults():
            future = self._client.submit(self._task, job, pure=False)
            self._waiting[future] = job
            future.add_done_callback(self._done.put)

    def _alone(self, job: ExtractJob) -> Predicted:
        self._submit(job)
        _, outcome = self._next()
        return Predicted(job, TrackInfo(), fault=DIED) if outcome is None else outcome

    def _next(self) -> tuple[ExtractJob, Predicted | None]:
        """A job that is done and its outcome, None where the scheduler gave up on it."""
        from distributed import KilledWorker

        future = self._wait()
        job = self._waiting.pop(future)
        with self._faults():
            if future.status != "error":
                return job, future.result()
            fault = future.exception()
        if isinstance(fault, KilledWorker):
            return job, None
        if isinstance(fault, AudiotagError):
            raise fault
        raise self._fault(fault) from fault

    def _wait(self) -> Any:
        lost = 0
        while True:
            try:
                return self._done.get(timeout=1)
            except Empty:  # noqa: PERF203
                lost = 0 if self._client.status == "running" else lost + 1
                if lost >= _CONNECT_SECONDS:
                    raise self._gone() from None

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """The scheduler's faults as our own."""
        from distributed import CancelledError

        try:
            yield
        except (CancelledError, OSError) as fault:  # a client that loses the scheduler cancels all
            raise self._gone() from fault
        except Exception as fault:  # whatever another machine's Python raises
            raise self._fault(fault) from fault

    def _fault(self, fault: BaseException) -> ClusterError:
        return ClusterError(f"{self._address}: {_in_words(fault)}; what was done is kept")

    def _gone(self) -> ClusterError:
        return ClusterError(f"{self._address}: the Dask scheduler has gone; what was done is kept")


def _in_words(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {one_line(fault)}"
