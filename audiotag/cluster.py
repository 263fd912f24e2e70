"""The same work on a Dask cluster, through joblib's Dask backend: a file in, probabilities out.

A worker needs this package and the music under the same path. It decodes and predicts, by ONNX
Runtime beside Essentia; only what the model says comes back. A file whose worker is lost is
given to another by the scheduler.
"""

from __future__ import annotations

import tempfile
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from joblib import Parallel, delayed, parallel_config

from audiotag import __version__
from audiotag.audio.child import DecodeLimits
from audiotag.errors import AudiotagError, ClusterError
from audiotag.hear import HearJob, HearTask
from audiotag.judge import DIED, Judged, JudgeOptions
from audiotag.library.records import TrackInfo
from audiotag.model.average import TrackAverager
from audiotag.model.card import ModelCard
from audiotag.model.engines import Engine
from audiotag.model.engines.onnx import OnnxEngine

_CONNECT_SECONDS = 5
_WORKER_SECONDS = 10
_LANES = 3
# A lane waits for the slowest of its jobs; so many a thread keep the others busy meanwhile.
_JOBS_PER_THREAD = 4


@dataclass(frozen=True)
class JudgeTask:
    """Calling it with a job hears and judges a file, all in one process."""

    card: ModelCard
    limits: DecodeLimits
    most_windows: int | None
    batch_size: int

    def __call__(self, job: HearJob) -> Judged:
        """Never raises for the file's sake. Raises ModelError or EngineError."""
        with tempfile.TemporaryDirectory(prefix="audiotag-") as spool:
            heard = HearTask(self.card.frontend, self.limits, self.most_windows, spool)(job)
            if heard.windows is None:
                return Judged(job, heard.info, fault=heard.fault)
            averager: TrackAverager[HearJob] = TrackAverager(
                _engine(self.card.identity, self.card, self.batch_size), self.batch_size
            )
            ((_, prediction),) = (
                *averager.add(job, heard.windows),  # type: ignore[arg-type]
                *averager.flush(),
            )
        return Judged(job, heard.info, heard.seconds, prediction)


class _Model:
    """A card as the key of a cache: two are the same if their weights are."""


def judges_on(address: str) -> Callable[..., Generator[Judged, None, None]]:
    """What takes the place of judge.judge: the workers of the scheduler at `address` do it."""

    def judge(
        jobs: Iterable[HearJob], card: ModelCard, options: JudgeOptions
    ) -> Generator[Judged, None, None]:
        task = JudgeTask(card, options.limits, options.windows, options.batch_size)
        with _connected(address) as client:
            threads = _prepare(client, card, address)
            yield from _in_lanes(client, task, iter(jobs), threads)

    return judge
