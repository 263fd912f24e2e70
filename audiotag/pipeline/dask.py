"""The same work on a Dask cluster, through joblib's Dask backend: a file in, probabilities out.

A worker needs this package and the music under the same path. It decodes and predicts, by ONNX
Runtime beside Essentia; only what the model says comes back. A file whose worker is lost is
given to another by the scheduler.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from joblib import Parallel, delayed, parallel_config

from audiotag import __version__
from audiotag.audio.child import DecodeLimits
from audiotag.errors import AudiotagError, ClusterError, ModelError, one_line
from audiotag.library.records import TrackInfo
from audiotag.model.average import TrackAverager
from audiotag.model.card import ModelCard, load_card, weights_folder
from audiotag.model.engines import Engine
from audiotag.model.engines.onnx import OnnxEngine
from audiotag.pipeline.extract import ExtractJob, ExtractTask
from audiotag.pipeline.predict import DIED, Predicted, PredictOptions

_CONNECT_SECONDS = 5
_WORKER_SECONDS = 10
_LANES = 3
# A lane waits for the slowest of its jobs; so many a thread keep the others busy meanwhile.
_JOBS_PER_THREAD = 4
# A worker may have several threads, and the model is to be loaded once.
_LOADING = threading.Lock()


@dataclass(frozen=True)
class PredictTask:
    """Calling it with a job hears and judges a file, all in one process.

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
            hear = ExtractTask(self.card.frontend, self.limits, self.most_windows, spool, self.pass_over)
            heard = hear(job)
            if heard.windows is None:
                return Predicted(job, heard.info, fault=heard.fault, passed_over=heard.passed_over)
            averager: TrackAverager[ExtractJob] = TrackAverager(
                _engine(self.model, self.card.identity, self.batch_size), self.batch_size
            )
            ((_, prediction),) = (
                *averager.add(job, heard.windows),  # type: ignore[arg-type]
                *averager.flush(),
            )
        return Predicted(job, heard.info, heard.seconds, prediction)


def predictor_on(address: str) -> Callable[..., Generator[Predicted, None, None]]:
    """What takes the place of predict.predict: the workers of the scheduler at `address` do it.

    It raises ClusterError when nothing answers there, or no worker can do the work.
    """

    def predict(
        jobs: Iterable[ExtractJob], card: ModelCard, options: PredictOptions
    ) -> Generator[Predicted, None, None]:
        task = PredictTask(
            _model_of(card), card, options.limits, options.windows, options.batch_size, options.pass_over
        )
        with _connected(address) as client:
            _check_workers(client, task, address)
            yield from _Lanes(client, task, address).run(iter(jobs))

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
    try:
        from distributed import Client
    except ImportError as fault:
        raise ClusterError("--dask needs the package 'distributed': pip install 'audiotag[dask]'") from fault
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


@dataclass(frozen=True)
class _LaneDone:
    """A lane wants more; fault: or what ended it."""

    fault: BaseException | None = None


class _Lanes:
    """A few calls of joblib.Parallel at a time, each in a thread of its own.

    One call would do, if it did not read the jobs in a thread of Dask's; and one call a round of
    jobs would wait for the slowest of each.
    """

    def __init__(self, client: Any, task: PredictTask, address: str) -> None:
        self._client = client
        self._task = task
        self._address = address
        self._rounds: SimpleQueue[list[ExtractJob]] = SimpleQueue()
        self._outcomes: SimpleQueue[Predicted | _LaneDone] = SimpleQueue()

    def run(self, jobs: Iterator[ExtractJob]) -> Iterator[Predicted]:
        """Every job's outcome; `jobs` is read in the caller's thread as outcomes are taken."""
        for _ in range(_LANES):
            threading.Thread(target=self._lane, daemon=True).start()
        idle = _LANES
        more = True
        while more or idle < _LANES:
            while more and idle:
                threads = sum(self._client.ncores().values()) or 1
                batch = list(islice(jobs, _JOBS_PER_THREAD * threads))
                more = bool(batch)
                if batch:
                    self._rounds.put(batch)
                    idle -= 1
            if idle == _LANES:
                break
            outcome = self._next()
            if isinstance(outcome, Predicted):
                yield outcome
            elif outcome.fault is None:
                idle += 1
            elif isinstance(outcome.fault, AudiotagError):
                raise outcome.fault
            else:
                reason = _in_words(outcome.fault)
                raise ClusterError(f"{self._address}: {reason}; what was done is kept") from outcome.fault

    def _next(self) -> Predicted | _LaneDone:
        lost = 0
        while True:
            try:
                return self._outcomes.get(timeout=1)
            except Empty:  # noqa: PERF203
                lost = 0 if self._client.status == "running" else lost + 1
                if lost >= _CONNECT_SECONDS:
                    raise ClusterError(
                        f"{self._address}: the Dask scheduler has gone; what was done is kept"
                    ) from None

    def _lane(self) -> None:
        while True:
            batch = self._rounds.get()
            try:
                for outcome in self._judge(batch):
                    self._outcomes.put(outcome)
            except BaseException as fault:
                self._outcomes.put(_LaneDone(fault))
                return
            self._outcomes.put(_LaneDone())

    def _judge(self, batch: list[ExtractJob]) -> Iterator[Predicted]:
        """The batch; if the scheduler gives up on a job that killed several workers, the unfinished
        ones are tried alone, so that only the culprit fails."""
        from distributed import KilledWorker

        finished: set[int] = set()
        try:
            for number, outcome in self._parallel(list(enumerate(batch))):
                finished.add(number)
                yield outcome
        except KilledWorker:
            for number, job in enumerate(batch):
                if number not in finished:
                    yield from self._alone(job)

    def _alone(self, job: ExtractJob) -> Iterator[Predicted]:
        from distributed import KilledWorker

        try:
            for _, outcome in self._parallel([(0, job)]):
                yield outcome
        except KilledWorker:
            yield Predicted(job, TrackInfo(), fault=DIED)

    def _parallel(self, numbered: list[tuple[int, ExtractJob]]) -> Iterator[tuple[int, Predicted]]:
        with parallel_config(backend=_backend(self._client)), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pool = Parallel(n_jobs=-1, pre_dispatch="all", batch_size=1, return_as="generator_unordered")
            yield from pool(delayed(_call)(self._task, number, job) for number, job in numbered)


def _call(task: PredictTask, number: int, job: ExtractJob) -> tuple[int, Predicted]:
    return number, task(job)


def _backend(client: Any) -> Any:
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):  # type: ignore[misc]
        """joblib's, which says nothing when the scheduler gives up on a job, and waits for ever."""

        def effective_n_jobs(self, n_jobs: int) -> int:
            # With one worker of one thread joblib would do the jobs in this process.
            return max(2, int(super().effective_n_jobs(n_jobs)))

        def submit(self, func: Any, callback: Any = None) -> Any:
            def tell(done: Any) -> None:
                if done.exception() is not None:
                    callback(done.exception())

            future = super().submit(func, callback)
            future.add_done_callback(tell)
            return future

    return Backend(client=client)


def _in_words(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {one_line(fault)}"
