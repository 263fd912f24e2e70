"""Files → what the model says of each, on this machine: decode workers, one engine, batches."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass

from audiotag.audio.child import DecodeLimits
from audiotag.audio.workers import Pause, WorkerDied, run_workers_with_pauses
from audiotag.library.records import TrackInfo
from audiotag.model.average import TrackAverager, TrackPrediction
from audiotag.model.card import ModelCard
from audiotag.model.engines import note_of, open_engine
from audiotag.pipeline.engine_ahead import EngineAhead
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask

# So long a heard file waits at most for others to fill its batch, when none come.
PATIENCE_SECONDS = 1.5


@dataclass(frozen=True)
class PredictOptions:
    """How files are heard and judged. windows: how many of a track's at most, None: all. jobs:
    decode processes. spool: a folder for long tracks' windows, see window_buffer.py. say: hears a line for
    people. pass_over: what is not to be heard, of not_music.KINDS."""

    windows: int | None
    jobs: int
    batch_size: int
    engine: str
    limits: DecodeLimits
    spool: str | None = None
    say: Callable[[str], None] = lambda line: None
    pass_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Predicted:
    """What became of a job: a prediction, or the kind of fault and its reason.

    Neither, when the job's prediction was known, or the file was passed over; see extract.Extracted.
    """

    job: ExtractJob
    info: TrackInfo
    seconds: float = 0.0
    prediction: TrackPrediction | None = None
    fault: tuple[str, str] | None = None
    passed_over: str | None = None


def predict(
    jobs: Iterable[ExtractJob], card: ModelCard, options: PredictOptions
) -> Generator[Predicted, None, None]:
    """Every job's outcome, in no fixed order; `jobs` is read as outcomes are taken.

    Raises EngineError or ModelError when the model cannot run.
    """
    averager: TrackAverager[_Key] | None = None
    task = ExtractTask(card.frontend, options.limits, options.windows, options.spool, options.pass_over)
    ahead = EngineAhead(lambda: open_engine(card, options.engine, options.batch_size))
    heard_of = ahead.watching(jobs)
    with (
        closing(ahead),
        closing(run_workers_with_pauses(task, heard_of, options.jobs, PATIENCE_SECONDS)) as results,
    ):
        for heard in results:
            if isinstance(heard, Pause):
                # A slow neighbour must not hold back what is heard: a batch may have room to spare.
                for key, prediction in averager.flush() if averager is not None else ():
                    yield _predicted(key.heard, prediction)
            elif isinstance(heard, WorkerDied):
                yield Predicted(heard.item, TrackInfo(), fault=DIED)
            elif heard.windows is None:
                yield Predicted(heard.job, heard.info, fault=heard.fault, passed_over=heard.passed_over)
            else:
                if averager is None:
                    engine = ahead.get()
                    if note := note_of(engine):
                        options.say(note)
                    averager = TrackAverager(engine, options.batch_size)
                for key, prediction in averager.add(_Key(heard), heard.windows):  # type: ignore[arg-type]
                    yield _predicted(key.heard, prediction)
    if averager is not None:
        for key, prediction in averager.flush():
            yield _predicted(key.heard, prediction)


DIED = ("killed", "killed its worker process (out of memory?)")


@dataclass(frozen=True, eq=False)
class _Key:
    """A heard file while its windows wait for the engine; compared by identity."""

    heard: Extracted


def _predicted(heard: Extracted, prediction: TrackPrediction) -> Predicted:
    if heard.windows is not None:
        heard.windows.discard()
    return Predicted(heard.job, heard.info, heard.seconds, prediction)
